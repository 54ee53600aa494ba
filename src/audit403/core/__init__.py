"""What every family shares: requests, decisions with their trace, places, facts, findings and fixes."""
