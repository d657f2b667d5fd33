"""A machine's page says where other reporters have put it."""

import newsdesk
import pytest
from newsdesk import BaseReporter, Delivery, Machine
from newsdesk_pages import PagesReporter


class TrackingReporter(BaseReporter):
    def __init__(self, reference: str) -> None:
        self.reference = reference

    def report(self, machine: Machine) -> Delivery:
        return Delivery(reference=self.reference)


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


def reported(site, *others):
    machine = {"name": "pump-7", "project_name": "plant"}
    receipts = newsdesk.report(machine, [*others, {"pages": {"folder": str(site)}}])
    return receipts, (site / "machines/plant.pump-7.html").read_text()


def test_a_page_links_to_what_has_an_address_and_names_the_rest(site, tmp_path):
    url = "https://tracking.example/#/runs/<1>"
    _, page = reported(site, TrackingReporter(url), {"files": {"path": str(tmp_path / "reports")}})
    assert '<a href="https://tracking.example/#/runs/&lt;1&gt;" rel="noreferrer">' in page
    assert f"files: <code>{tmp_path}/reports/plant/pump-7.json</code>" in page
    assert "pages:" not in page


def test_what_is_no_address_is_no_link(site):
    _, page = reported(site, TrackingReporter("javascript:alert(1)"))
    assert "<code>javascript:alert(1)</code>" in page
    assert 'href="javascript' not in page


def test_a_page_that_knows_its_receipts_is_not_written_again(site):
    other = TrackingReporter("https://tracking.example")
    first, page = reported(site, other)
    again, same = reported(site, other)
    assert [receipt.status for receipt in first] == ["delivered", "delivered"]
    assert [receipt.status for receipt in again] == ["delivered", "unchanged"]
    assert page == same


def test_receipts_of_a_process_that_has_no_site_open_are_not_kept(site, tmp_path):
    reported(site)
    newsdesk.report(
        {"name": "pump-7", "project_name": "plant"}, [{"files": {"path": str(tmp_path / "reports")}}]
    )
    assert not (site / "receipts").exists()
    assert PagesReporter(site).fetch("pump-7").name == "pump-7"
