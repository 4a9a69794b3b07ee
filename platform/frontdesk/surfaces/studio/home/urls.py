from django.urls import path

from . import answering, arranging, cards, views

urlpatterns = [
    path("", views.home, name="index"),
    path("home/arrange/", arranging.arrange, name="arrange"),
    path("home/add/", arranging.add, name="card_add"),
    path("home/cards/<slug:card_id>/", cards.card, name="card"),
    path("home/cards/<slug:card_id>/earlier/", arranging.move, {"way": "earlier"}, name="card_earlier"),
    path("home/cards/<slug:card_id>/later/", arranging.move, {"way": "later"}, name="card_later"),
    path("home/cards/<slug:card_id>/set-up/", arranging.set_up, name="card_set_up"),
    path("home/cards/<slug:card_id>/remove/", arranging.remove, name="card_remove"),
    path("home/removed/<slug:card_id>/", arranging.restore, name="card_restore"),
    path("write-answer/", answering.write_answer, name="write_answer"),
]
