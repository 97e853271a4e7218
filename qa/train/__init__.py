"""How the shipped reader and calibrations were made; never imported when serving."""
