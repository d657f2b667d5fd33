"""The checks of the conformance kit, by what they are about; `newsdesk.testing.ReporterContract` joins them."""
