"""Time zones that mappings name most often: for a slip of the pen; every other zone is known as well."""

from __future__ import annotations

_NAMES = """
    UTC Africa/Accra Africa/Algiers Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Lagos
    Africa/Nairobi Africa/Tunis America/Anchorage America/Argentina/Buenos_Aires America/Bogota
    America/Caracas America/Chicago America/Denver America/Edmonton America/Guatemala
    America/Halifax America/Havana America/Lima America/Los_Angeles America/Mexico_City
    America/Montevideo America/New_York America/Panama America/Phoenix America/Puerto_Rico
    America/Regina America/Santiago America/Sao_Paulo America/St_Johns America/Toronto
    America/Vancouver America/Winnipeg Asia/Almaty Asia/Amman Asia/Baghdad Asia/Baku Asia/Bangkok
    Asia/Beirut Asia/Colombo Asia/Dhaka Asia/Dubai Asia/Ho_Chi_Minh Asia/Hong_Kong Asia/Jakarta
    Asia/Jerusalem Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Kuala_Lumpur Asia/Kuwait
    Asia/Manila Asia/Qatar Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Taipei
    Asia/Tashkent Asia/Tbilisi Asia/Tehran Asia/Tokyo Atlantic/Azores Atlantic/Canary
    Atlantic/Reykjavik Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Hobart
    Australia/Melbourne Australia/Perth Australia/Sydney Europe/Amsterdam Europe/Athens
    Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Bucharest Europe/Budapest
    Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Istanbul Europe/Kyiv Europe/Lisbon
    Europe/Ljubljana Europe/London Europe/Luxembourg Europe/Madrid Europe/Minsk Europe/Moscow
    Europe/Oslo Europe/Paris Europe/Prague Europe/Riga Europe/Rome Europe/Sofia Europe/Stockholm
    Europe/Tallinn Europe/Vienna Europe/Vilnius Europe/Warsaw Europe/Zagreb Europe/Zurich
    Pacific/Auckland Pacific/Fiji Pacific/Honolulu
"""
ZONES = tuple(_NAMES.split())
