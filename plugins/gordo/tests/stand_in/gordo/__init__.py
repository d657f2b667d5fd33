"""What newsdesk-gordo uses of gordo, for environments without it; `nox -s gordo` runs these tests with the real one."""
