"""Mapping, target and source -> Plan: names resolved, types checked, normal forms put in."""
