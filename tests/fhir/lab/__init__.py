"""Real FHIR servers for tests, with a proxy in front that can make things go wrong. ../servers.py starts them, ../README.md tells how."""
