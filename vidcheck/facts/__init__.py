"""Dated, sourced domain data, and the loaders for it.

Each table names its sources by key (``S-54``); ``data/sources.md`` says what each key is and how good it is.
What was not found in a source is marked ``unverified`` or left out: an unknown stays unknown.

Modules
-------
places      provinces, kabupaten and kota: zone, coordinates, names people use
calendar    holidays, cuti bersama, Ramadan, flexible-work days
hours       working-hours rules, and the exceptions that have to be ruled out
prayer      prayer times (sun and light are in ``vidcheck.sun``)
dress       which uniform is usual on which day
texts       patterns for agencies, schools, addresses, plates and area codes
wording     dates and times in Bahasa Indonesia and English
"""
