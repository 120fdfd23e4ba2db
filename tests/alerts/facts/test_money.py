"""Whose money a sum is."""

import pytest

from alerts.facts import read_facts
from alerts.facts.key import key_facts
from alerts.messages.words import speech

SUMS = {
    "SGD": "3 ملايين دولار سنغافوري|3 ملايين دولار سنغافورية|3 ملايين دولاراً سنغافورياً",
    "HKD": "3 ملايين دولار هونغ كونغي|3 ملايين دولار هونغ كونغ",
    "TWD": "3 ملايين دولار تايواني|3 ملايين دولار تايوانية",
    "AUD": "3 ملايين دولار أسترالي",
    "CAD": "3 ملايين دولار كندي",
    "BND": "3 ملايين دولار بروناي|3 ملايين دولار بروناوي",
    "NZD": "3 ملايين دولار نيوزيلندي",
    "USD": "3 ملايين دولار|3 ملايين دولار أميركي|3 ملايين دولار أمريكي|3 ملايين من الدولارات الأميركية|3 ملايين دولار لفلبينية",
    "THB": "3 ملايين باهت|3 ملايين بات تايلاندي|3 ملايين بهت",
    "MMK": "3 ملايين كيات",
    "LAK": "3 ملايين كيب",
    "KHR": "3 ملايين رييل|3 ملايين ريال كمبودي",
    "VND": "3 ملايين دونغ|3 ملايين دونج فيتنامي",
    "PHP": "3 ملايين بيزو|3 ملايين بيزو فلبيني",
    "MYR": "3 ملايين رينغيت|3 ملايين رينجيت ماليزي",
    "IDR": "3 ملايين روبية إندونيسية|3 ملايين روبية في جاكرتا",
    "INR": "3 ملايين روبية هندية|3 ملايين روبية في مومباي",
    "PKR": "3 ملايين روبية باكستانية",
    "LKR": "3 ملايين روبية سريلانكية",
    "CNY": "3 ملايين يوان",
    "KRW": "3 ملايين وون",
    "JPY": "3 ملايين ين",
    "AED": "3 ملايين درهم إماراتي|3 ملايين درهم في دبي",
    "MAD": "3 ملايين درهم مغربي|3 ملايين درهم في المغرب",
    "SAR": "3 ملايين ريال سعودي",
    "QAR": "3 ملايين ريال قطري",
    "OMR": "3 ملايين ريال عماني",
    "YER": "3 ملايين ريال يمني",
    "KWD": "3 ملايين دينار كويتي",
    "BHD": "3 ملايين دينار بحريني",
    "JOD": "3 ملايين دينار أردني",
    "IQD": "3 ملايين دينار عراقي",
    "TND": "3 ملايين دينار تونسي",
    "DZD": "3 ملايين دينار جزائري",
    "LYD": "3 ملايين دينار ليبي",
    "MRU": "3 ملايين أوقية موريتانية",
    "EGP": "3 ملايين جنيه مصري|3 ملايين جنيه في القاهرة",
    "GBP": "3 ملايين جنيه إسترليني",
    "SDG": "3 ملايين جنيه سوداني",
    "TRY": "3 ملايين ليرة تركية",
    "SYP": "3 ملايين ليرة سورية",
    "LBP": "3 ملايين ليرة لبنانية",
    "CHF": "3 ملايين فرنك سويسري",
}


def told(text: str) -> dict[str, float]:
    return {fact.value: fact.told for fact in key_facts([(1, read_facts(text, ""))]) if fact.name == "money"}


@pytest.mark.parametrize(
    ("currency", "text"), [(currency, text) for currency, texts in SUMS.items() for text in texts.split("|")]
)
def test_the_adjective_or_the_country_says_whose_money_it_is(currency: str, text: str) -> None:
    assert told(f"خسائر الاحتيال بلغت {text}") == {currency: 3e6}


@pytest.mark.parametrize(
    "text",
    [
        "خسروا 3 ملايين روبية",
        "خسروا 3 ملايين درهم",
        "خسروا 3 ملايين دينار",
        "خسروا 3 ملايين ريال",
        "خسروا 3 ملايين ليرة",
        "خسروا 3 ملايين دولار زيمبابوي",
        "خسروا 3 ملايين روبية بين الهند وإندونيسيا",
        "وافد تونسي خسر 3 ملايين دينار",
    ],
)
def test_a_sum_whose_currency_nobody_names_is_not_told(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_currency_has_a_name(language: str) -> None:
    for currency, texts in SUMS.items():
        facts = key_facts([(1, read_facts(f"خسائر بلغت {texts.split('|')[0]}", ""))])
        (fact,) = (fact for fact in facts if fact.name == "money")
        assert currency not in speech(language, "UTC", "latn").fact(fact)
