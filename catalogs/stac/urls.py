from django.urls import URLPattern

app_name = "stac"
urlpatterns: list[URLPattern] = []
