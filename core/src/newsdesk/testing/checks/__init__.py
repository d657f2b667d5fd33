"""The checks of the conformance kit, by what they are about; `ReporterContract` joins them."""
