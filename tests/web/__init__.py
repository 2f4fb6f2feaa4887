"""The pages, as people and their browsers meet them."""
