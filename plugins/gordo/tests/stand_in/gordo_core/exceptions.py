"""What gordo exits with 100 for."""


class ConfigException(Exception):
    pass
