"""How forms are drawn: one template for every field, ours and allauth's."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    form_template_name = "ui/_form.html"
    field_template_name = "ui/_field.html"
