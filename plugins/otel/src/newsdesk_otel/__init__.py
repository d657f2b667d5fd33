"""OpenTelemetry metrics and traces of newsdesk's deliveries."""
