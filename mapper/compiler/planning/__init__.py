"""From what is written to what is planned: names resolved, types checked, normal forms put in."""
