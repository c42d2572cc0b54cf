"""Provisioning products 物质供给: what is taken out of ecosystems, as statistics state it."""
