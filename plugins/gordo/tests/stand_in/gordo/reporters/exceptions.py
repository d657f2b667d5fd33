"""What gordo exits with 90 for."""


class ReporterException(Exception):
    pass
