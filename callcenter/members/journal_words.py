"""The journal in words: actions, kinds of objects, fields before and after.

An action that has no words yet is shown by its code: the journal never hides a row.
"""

import json
from typing import Any, Final

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

OBJECTS: Final[dict[str, LazyString]] = {
    "organisation": _l("organisme"),
    "agency": _l("agence"),
    "team": _l("équipe"),
    "phone_line": _l("ligne"),
    "calendar": _l("calendrier"),
    "closing_day": _l("jour de fermeture"),
    "user_account": _l("compte"),
    "mandate": _l("mandat"),
    "category": _l("motif"),
    "routing_rule": _l("règle"),
    "routing_version": _l("version des règles"),
    "service_target": _l("délai promis"),
    "watch_settings": _l("surveillance"),
    "message_template": _l("modèle de SMS"),
    "message": _l("SMS"),
    "sms_tariff": _l("tarif des SMS"),
    "delivery_watch": _l("seuils d'alerte des SMS"),
    "sending_pause": _l("arrêt des envois"),
    "follow_up_policy": _l("suivi par SMS"),
    "bulletin": _l("message aux habitants"),
    "inbound_message": _l("SMS reçu"),
    "ticket": _l("demande"),
    "call": _l("appel"),
    "call_recording": _l("enregistrement"),
    "pbx_token": _l("clé de téléphonie"),
    "call_task": _l("rappel"),
    "contact": _l("personne"),
    "dwelling": _l("logement"),
    "residence": _l("résidence"),
    "import_run": _l("import"),
    "import_mapping": _l("correspondance de colonnes"),
    "place_flag": _l("signalement"),
    "maintenance_contract": _l("contrat d'entretien"),
    "on_call_rota": _l("astreinte"),
    "on_call_page": _l("appel d'astreinte"),
    "on_call_handover": _l("relève du matin"),
}

_VERBS: Final[dict[str, LazyString]] = {
    "added": _l("ajouté"),
    "opened": _l("ouvert"),
    "changed": _l("modifié"),
    "details_changed": _l("coordonnées modifiées"),
    "people_changed": _l("personnes modifiées"),
    "teams_changed": _l("équipes modifiées"),
    "removed": _l("retiré"),
    "switched_on": _l("remis en service"),
    "switched_off": _l("mis hors service"),
    "enabled": _l("rouvert"),
    "disabled": _l("fermé"),
    "founded": _l("créé"),
    "given": _l("donné"),
    "ended": _l("terminé"),
    "moved": _l("déplacé"),
    "reset": _l("remis aux valeurs d'origine"),
    "link_made": _l("lien de mot de passe créé"),
    "second_factor_removed": _l("double authentification retirée"),
    "sessions_ended": _l("sessions fermées"),
    "signed_in": _l("connexion"),
    "signed_out": _l("déconnexion"),
    "purged": _l("effacé, car échu"),
    "settled": _l("reporté chez le bailleur"),
    "extended": _l("prolongé"),
    "withdrawn": _l("levé"),
    "read": _l("consulté"),
    "viewed": _l("consulté"),
    "exported": _l("exporté"),
    "edited": _l("modifié"),
    "logged": _l("enregistré"),
    "set": _l("fixé"),
    "resumed": _l("repris"),
    "played": _l("écouté"),
    "deleted": _l("effacé"),
    "unlinked": _l("détaché"),
    "key_issued": _l("clé créée"),
    "key_revoked": _l("clé révoquée"),
    "resent": _l("renvoyé"),
    "cancelled": _l("annulé"),
    "abandoned": _l("abandonné"),
    "applied": _l("appliqué"),
    "published": _l("publié"),
    "taken_up": _l("repris"),
    "closed": _l("clos"),
    "chosen": _l("réglé"),
    "language_chosen": _l("langue choisie"),
    "sent": _l("envoyé"),
    "sorted": _l("trié"),
    "linked": _l("rattaché"),
    "number_used": _l("numéro retenu"),
    "number_given_back": _l("numéro rendu"),
    "phone_added": _l("numéro ajouté"),
    "phone_corrected": _l("numéro corrigé"),
    "phone_removed": _l("numéro retiré"),
    "sign_in_failed": _l("connexion refusée"),
    "second_factor_set": _l("double authentification mise en place"),
    "recovery_codes_made": _l("codes de secours créés"),
    "recovery_code_used": _l("code de secours utilisé"),
    "password_reset": _l("mot de passe choisi par le lien"),
    "password_changed": _l("mot de passe changé"),
    "generated": _l("tour généré"),
    "replaced": _l("remplacement"),
    "exchanged": _l("échange"),
    "cleared": _l("astreintes effacées"),
    "taken_over": _l("reprise du matin"),
}

_FIELDS: Final[dict[str, LazyString]] = {
    "name": _l("nom"),
    "short_name": _l("nom court"),
    "reference_prefix": _l("préfixe"),
    "accent_colour": _l("couleur"),
    "phone": _l("téléphone"),
    "email": _l("adresse électronique"),
    "opening_hours": _l("horaires"),
    "sms_sender": _l("expéditeur des SMS"),
    "sms_two_way": _l("réponses par SMS"),
    "kind": _l("nature"),
    "agency_id": _l("agence"),
    "team_id": _l("équipe"),
    "organisation_id": _l("organisme"),
    "people": _l("personnes"),
    "teams": _l("équipes"),
    "active": _l("en service"),
    "number": _l("numéro"),
    "service": _l("service"),
    "services": _l("services"),
    "greeting": _l("accueil"),
    "script": _l("consignes"),
    "calendar_id": _l("calendrier"),
    "weekly_hours": _l("semaine"),
    "public_holidays": _l("fermé les jours fériés"),
    "day": _l("jour"),
    "label": _l("libellé"),
    "first_name": _l("prénom"),
    "last_name": _l("nom"),
    "role": _l("rôle"),
    "locale": _l("langue"),
    "language": _l("langue"),
    "person": _l("personne"),
    "starts_on": _l("du"),
    "ends_on": _l("au"),
    "priority": _l("priorité"),
    "target_amount": _l("délai"),
    "target_unit": _l("unité du délai"),
    "destination": _l("destination"),
    "team_kind": _l("rôle de l'équipe"),
    "restricted": _l("lecture restreinte"),
    "opens_ticket": _l("ouvre une demande"),
    "recording": _l("enregistrement des conversations"),
    "voicemail": _l("messages vocaux"),
    "recording_days": _l("durée de conservation"),
    "position": _l("rang dans la liste"),
    "rank": _l("rang"),
    "conditions": _l("conditions"),
    "stage": _l("promesse"),
    "amount": _l("délai"),
    "unit": _l("unité du délai"),
    "silent_days": _l("jours sans nouvelles"),
    "hold_days": _l("jours d'attente"),
    "ownership": _l("propriété"),
    "syndic_id": _l("syndic"),
    "completed_on": _l("réception des travaux"),
    "questions": _l("questions posées"),
    "payer": _l("qui paie"),
    "payer_source": _l("d'après quel texte"),
    "payer_note": _l("à savoir"),
    "safety_number": _l("numéro de secours"),
    "safety_script": _l("consigne de sécurité"),
    "answers_at_night": _l("répond la nuit"),
    "rules_changed": _l("règles changées"),
    "body": _l("texte"),
    "shift": _l("astreinte"),
    "shifts": _l("astreintes"),
    "days": _l("jours"),
    "acknowledge_minutes": _l("minutes pour répondre"),
    "again_minutes": _l("minutes avant un second tour"),
    "category_codes": _l("motifs"),
    "equipment": _l("équipements"),
    "when_contract": _l("avec un contrat 24 h sur 24"),
    "instructions": _l("consignes"),
    "price": _l("prix"),
    "valid_from": _l("à partir du"),
    "window_hours": _l("heures observées"),
    "usual_days": _l("jours de comparaison"),
    "fall_points": _l("baisse"),
    "least_messages": _l("messages au moins"),
    "cause": _l("cause"),
    "max_per_day": _l("SMS par jour et par numéro"),
    "reminder_hour": _l("heure du rappel"),
    "warn_hours": _l("avertissement avant l'échéance"),
}


def action_words(action: str) -> str:
    """Return an action as people read it: "mis hors service"; its code if it has no words."""
    verb = action.partition(".")[2]
    return str(_VERBS.get(verb) or action)


def object_words(object_type: str) -> str:
    """Return a kind of object as people read it."""
    return str(OBJECTS.get(object_type) or object_type)


def changes_words(changes: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what changed as (field, before, after), in the journal's order."""
    lines = []
    for name, values in changes.items():
        pair = isinstance(values, list) and len(values) == 2  # noqa: PLR2004 - before and after
        before, after = values if pair else ("", values)
        lines.append((str(_FIELDS.get(name) or name), _value(before), _value(after)))
    return lines


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("oui") if value else _("non"))
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)[:400]
    return str(value)[:400]
