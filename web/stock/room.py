"""The one room of the site in which all pages of the stock are."""

from flask import Blueprint

from kernel.calendar import day_of

desk = Blueprint("stock", __name__)
desk.app_template_filter("day_of")(day_of)
