"""What is measured; each part yields its figures."""
