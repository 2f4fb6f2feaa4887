"""How a city's database came to be: numbered steps, one head, every table in every database."""
