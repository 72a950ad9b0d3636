"""The page on which an examiner reviews a case: a server for this machine alone, and what it shows."""
