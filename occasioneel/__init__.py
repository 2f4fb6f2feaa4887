"""Occasional care on bought places: the city buys places, the regie fills them."""
