"""Small values that all rooms share: types of JSON values, frozen classes, regular expressions."""
