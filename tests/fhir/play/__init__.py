"""The terminal shell as a phone before a FHIR server, by what is played: ../README.md."""
