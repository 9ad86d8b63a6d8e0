"""Texts that are filled into a frame: pairs of one frame say different things, and nobody spun them.

Some frames are fitted on, others evaluated on only; they have no sentence in common. All were written for this.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LEFT_OUT = 0.15  # of the sentences
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Frame:
    """Sentences with slots, and what is put into them: `{colour}` is one of the words of `colour`, `{n}` is a number."""

    sentences: str
    words: Mapping[str, str]

    def fill(self, rng: random.Random) -> str:
        """Return a text; each slot is filled anew, now and then a sentence is left out."""

        def chosen(slot: re.Match[str]) -> str:
            name = slot[1]
            if name == "n":
                return str(rng.choice((rng.randint(2, 40), rng.randint(41, 990))))
            return rng.choice({**_SHARED, **self.words}[name].split(", "))

        kept = [line for line in self.sentences.strip().split("\n") if rng.random() >= _LEFT_OUT]
        return " ".join(_SLOT.sub(chosen, line) for line in kept)


def template_pairs(frames: Mapping[str, Frame], count: int) -> Iterator[tuple[str, str, str]]:
    """Yield kind and two texts, `count` times for each frame."""
    for name, frame in frames.items():
        for number in range(count):
            rng = random.Random(f"trace-frame-{name}-{number}")
            yield name, frame.fill(rng), frame.fill(rng)


_SHARED = {
    "person": "Mrs. Adler, Tomas, Ms. Okafor, Ruth, Mr. Brandt, Leila, Dr. Sato, Ingrid, Pavel, Miss Moreau",
    "town": "Harwick, Lindau, Port Ellen, Novi Grad, Westbury, Alta, Santa Clara, Brno, Kilmore, Oakdale",
    "day": "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday",
    "month": "January, March, April, June, August, September, October, December",
    "good": "good, fine, pleasant, excellent, nice, great, splendid, fair",
    "big": "big, large, small, wide, narrow, tall, short, huge",
}

FIT_FRAMES = {
    "weather report": Frame(
        """
In {town} the day begins {sky} with {rain} in the {side} and a {wind} wind from the {side}.
By noon it will be {sky} and {warm}, with up to {n} degrees near the {place} and {n} in the {place}.
There is a {chance} chance of {rain} in the afternoon, above all in the {side} of the {place}.
During the night the wind will {turn} and it will be {sky} over the {place}.
The {place} can expect {rain} before it is {sky} again on {day}.
Drivers should be {careful} on the {place}, where there may be {rain} until {day}.
On {day} and {day} it stays {sky}, {warm} and rather {damp} for {month}.
At sea the waves are {big}, about {n} feet, and the view is {good} to {poor}.
The {warm} air that came in on {day} will have {gone} by the time the next {front} is here.
The outlook for the {place} is {sky}, with {rain} from {day} on.
""",
        {
            "sky": "sunny, cloudy, clear, grey, bright, overcast, dull, hazy",
            "rain": "rain, snow, drizzle, fog, showers, sleet, frost, thunder",
            "side": "north, south, east, west",
            "wind": "light, strong, moderate, fresh, gentle, brisk",
            "warm": "warm, cold, mild, cool, hot, chilly",
            "place": "coast, hills, valley, lakes, mountains, islands, plain, villages",
            "chance": "slight, small, high, strong, slim",
            "turn": "drop, rise, turn, fade, freshen, calm",
            "careful": "careful, patient, cautious, prepared",
            "damp": "damp, dry, humid, windy, calm",
            "poor": "poor, moderate, bad, reduced",
            "gone": "gone, moved, passed, cleared, weakened",
            "front": "front, storm, shower, cloud",
        },
    ),
    "product page": Frame(
        """
This {big} {thing} from {town} is made of {stuff} and comes in {colour}, {colour} and {colour}.
It is {n} inches long and {n} inches {big}, and it weighs less than {n} ounces.
With its {part} of {stuff} it is just what you need in the {room} or in the {room}.
You can {use} it, {use} it and {use} it, and it will still look as {good} as it did when you {bought} it.
The {part} can be {done} without tools, and if it should break we will send you another one for {n} dollars.
What our customers like most about it is the {part}, which is {quality} and {quality} at once.
Each {thing} is {done} by hand before it leaves our {shop} in {town}.
If you are not {happy} with your {thing}, you may send it back to us within {n} days.
It goes well with our {colour} {thing}, and if you buy both you will save {n} dollars.
Please do not {use} it in the {room}, since {stuff} does not like {wet} air.
""",
        {
            "thing": "lamp, kettle, chair, basket, clock, blanket, bottle, shelf, backpack, mirror",
            "stuff": "oak, steel, wool, glass, linen, leather, cotton, brass, bamboo, plastic",
            "colour": "red, blue, green, black, white, grey, yellow, brown",
            "part": "handle, lid, frame, cover, strap, foot, edge, lining",
            "room": "kitchen, garden, office, bedroom, bathroom, hall, car, garage",
            "use": "wash, fold, hang, carry, store, stretch, heat, drop",
            "bought": "bought, opened, unpacked, ordered, got",
            "done": "changed, cleaned, tested, removed, polished, packed, fitted",
            "quality": "soft, strong, light, thick, smooth, simple, solid, elegant",
            "shop": "workshop, factory, store, studio",
            "happy": "happy, pleased, content, satisfied",
            "wet": "damp, dry, hot, salty, cold",
        },
    ),
    "letter": Frame(
        """
Dear {person}, thank you for your {letter} of {month} {n}, in which you {asked} about the {matter}.
We have {looked} at what you sent us, and we are {sorry} to say that your {matter} has been {decided}.
As you will see from the {letter} that is with this one, the {matter} comes to {n} dollars.
If you do not {agree} with it, you may write to our office in {town} before {month} {n}.
Please tell us in your {letter} why you think that the {matter} should have been {decided}.
You will hear from {person}, who is in charge of your {matter}, within {n} days.
Until then there is nothing that you have to {pay}, and your {matter} stays as it is.
Should you move to another {home} before that, let us know at once, so that we can {send} it to you there.
We would like to {thank} you for your {patience} and hope that this has been of {help} to you.
Yours, {person}, {office} of the {company} of {town}.
""",
        {
            "letter": "letter, message, form, application, claim, note, complaint, request",
            "asked": "asked, wrote, complained, spoke, inquired",
            "matter": "account, loan, pension, policy, order, fee, deposit, bill, grant, contract",
            "looked": "looked, checked, gone, searched",
            "sorry": "sorry, glad, happy, pleased, bound",
            "decided": "refused, granted, closed, approved, changed, cancelled, paid, renewed",
            "agree": "agree, disagree, deal, live",
            "pay": "pay, sign, send, prove, return",
            "home": "house, address, town, flat, country",
            "send": "send, forward, post, deliver, explain",
            "thank": "thank, assure, remind",
            "patience": "patience, trust, support, letter, interest",
            "help": "help, use, service, interest",
            "office": "manager, director, secretary, head, clerk",
            "company": "bank, college, council, hospital, library, fund",
        },
    ),
    "match report": Frame(
        """
{town} {beat} {town} by {n} to {n} on {day} in front of {n} people in a {good} {game}.
It was {person} who opened the scoring after {n} minutes with a {good} {shot} from the {side}.
After the break {town} came back with a {shot} by {person}, who had been {quiet} until then.
The {referee} sent {person} off for a {foul} on {person} in the {big} minute of the {half}.
With only {n} minutes to go {person} {missed} from close to the {line}, and that was that.
The coach said that his side had been {quiet} in the {half} but {quiet} when it was over.
For {town} it is the {n}th {game} without a {win}, and they stay where they are in the {table}.
{town} will be without {person}, who has a {hurt} {limb}, when they go to {town} on {day}.
""",
        {
            "beat": "beat, defeated, crushed, edged, outplayed, stunned",
            "game": "game, match, final, cup, contest, derby, replay",
            "shot": "shot, header, kick, throw, pass, strike, volley",
            "side": "left, right, corner, wing, spot, edge",
            "quiet": "quiet, tired, brilliant, sleepy, unlucky, nervous, brave, careless",
            "referee": "referee, umpire, official",
            "foul": "foul, push, trip, tackle, kick, shove",
            "half": "half, end, start, quarter, season",
            "missed": "missed, scored, slipped, saved, equalised",
            "line": "line, goal, net, post, bar",
            "win": "win, loss, goal, draw, defeat",
            "table": "table, league, group, ranking",
            "hurt": "broken, swollen, bruised, sore, twisted",
            "limb": "ankle, knee, shoulder, wrist, toe, elbow",
        },
    ),
    "house for sale": Frame(
        """
This {big} {house} of {n} square feet stands in a {quiet} street in {town}, {n} minutes from the {near}.
It was built in 19{n} and has {n} rooms, among them a {big} {room} with a {quiet} view of the {near}.
The {room} was {made} a few years ago and has a {thing} and a {thing} of its own.
From the {room} you go down to the {room}, which could be {made} if you wanted to.
Behind the {house} there is a {big} {garden} with {tree} trees and room for {n} cars.
The {near} and the {near} are so close that you will not need a {car} here.
It is heated by {heat}, which comes to about {n} dollars a month.
The owner asks for {n},000 dollars, and it may be seen on {day} from {n} to {n}.
Call {person} in {town} if you would like to see the {house} with your {family}.
""",
        {
            "house": "house, flat, cottage, villa, farm, bungalow, apartment",
            "quiet": "quiet, busy, pretty, sunny, leafy, shady, charming",
            "near": "station, school, river, market, park, beach, church, hospital",
            "room": "kitchen, cellar, attic, bathroom, hall, study, bedroom, lounge",
            "made": "painted, enlarged, repaired, furnished, tiled, divided, rented",
            "thing": "fireplace, balcony, shower, window, stove, door, cupboard",
            "garden": "garden, yard, lawn, meadow, terrace, orchard",
            "tree": "apple, cherry, old, plum, walnut, tall",
            "car": "car, bicycle, bus, driver",
            "heat": "gas, wood, oil, electricity, coal",
            "family": "family, wife, architect, husband, friends",
        },
    ),
    "company results": Frame(
        """
{company} said on {day} that its {profit} had {risen} by {n} percent to {n} million dollars in the {n} weeks to {month}.
That was {more} than the {n} million that {analysts} had {expected}, and its shares {rose} by {n} cents to {n} dollars.
{profit} from {goods} {rose} by {n} percent, while {goods} {rose} because of {reason} and {reason} in {town}.
{person}, who has led the {firm} since {month}, said that it had been a {good} {quarter} for all of its {units}.
The {firm} will {open} {n} {units} in {town} before the end of the {quarter} and {open} {n} others.
It has {n} {workers} and had {debts} of {n} million dollars at the end of {month}.
For the next {quarter} it {expected} {profit} of {n} to {n} cents a share, against {n} cents the year before.
The {firm} said that it would pay a dividend of {n} cents on {month} {n}, up from {n} cents.
""",
        {
            "company": "Norvik Foods, Halden Steel, Trellis, Amberline, Kestrel Air, Solvang Paper, Brightwater, Corvin",
            "profit": "profit, income, turnover, revenue, sales, earnings",
            "risen": "risen, fallen, grown, dropped, increased, slipped",
            "more": "more, less, better, worse, higher, lower",
            "analysts": "analysts, banks, brokers, investors, traders",
            "expected": "expected, forecast, predicted, feared",
            "rose": "rose, fell, climbed, dropped, gained, slid, jumped",
            "goods": "shoes, engines, software, paper, flights, cement, drugs, tyres, coffee, games",
            "reason": "strikes, demand, prices, storms, taxes, competition, inflation",
            "firm": "firm, group, company, maker, retailer, carrier",
            "quarter": "quarter, year, half, season, period",
            "units": "shops, plants, divisions, branches, mills, brands, markets",
            "open": "open, close, sell, build, buy, lease",
            "workers": "workers, employees, drivers, engineers, clerks",
            "debts": "debts, reserves, losses, assets, orders, costs",
        },
    ),
}

EVALUATION_FRAMES = {
    "job offer": Frame(
        """
For our {place} in {town} we are looking for a {job} who can start in {month} or on {day} the {n}th.
You will {task} the {object}, {task} the {object} and see to it that the {object} is ready when others need it.
You should have {n} years as a {job} behind you, and it would be {good} if you could {skill} and {skill}.
We offer {n} dollars an hour, {n} days off and a {kind} team in which everybody is ready to {skill}.
You would work with {person}, who has been our {job} for {n} years, and with a {kind} {job}.
It is a {kind} post, so you must be {able} to {task} the {object} on your own if nobody else is there.
If that is you, send us a {paper} and a {paper} before the end of {month}; {person} will be glad to {skill} with you.
""",
        {
            "place": "hotel, bakery, office, garage, clinic, library, warehouse, school",
            "job": "cook, driver, nurse, gardener, teacher, mechanic, cleaner, cashier, painter",
            "task": "clean, count, load, prepare, sort, repair, deliver, arrange, inspect",
            "object": "tools, orders, tables, goods, books, machines, beds, plants, parcels",
            "skill": "cook, drive, sing, type, swim, translate, negotiate, sew",
            "kind": "friendly, young, demanding, lively, responsible, small, modern",
            "able": "able, willing, happy, trained",
            "paper": "photo, letter, certificate, resume, drawing, reference",
        },
    ),
    "event notice": Frame(
        """
The {group} of {town} {invites} all of you to a {kind} {event} on {day}, {month} {n}, at the {hall}.
Doors are open from {n} to {n}, and {person} will say a few words about {topic} before it begins.
There will be {food}, {food} and {music} for everybody, and for the little ones there is {play} in the {hall}.
Last year more than {n} people came, and {amount} dollars went to the {cause} of {town}.
Tickets are {n} dollars if you buy them from {person} and {n} if you wait until that {day}.
If it should {rain}, we will be in the {hall} of the {group}, which is just behind the {hall}.
Who wants to help us with the {food} or with {play} may call {person} after {n} in the evening.
""",
        {
            "group": "choir, school, club, parish, library, museum, council, theatre",
            "invites": "invites, asks, welcomes, summons",
            "kind": "cheerful, solemn, musical, festive, quiet, public, traditional",
            "event": "concert, fair, dance, reading, market, dinner, auction, race",
            "hall": "hall, church, barn, garden, square, cellar, tent, gym",
            "topic": "bees, bridges, poetry, bread, stars, boats, taxes, herbs",
            "food": "soup, cake, sausages, cheese, wine, cider, pancakes, salad",
            "music": "jazz, brass, songs, drums, violins, waltzes",
            "play": "painting, juggling, puppets, climbing, chess, racing, magic",
            "amount": "900, 4,500, 12,000, 310, 2,750",
            "cause": "hospice, orphanage, roof, shelter, organ, playground",
            "rain": "rain, snow, storm, pour",
        },
    ),
    "registration form": Frame(
        """
I, {person} of {town}, born on {month} {n}, hereby {apply} for a {paper} as a {role} for the year that begins in {month}.
I have had a {paper} before, with the number {n}-{n}, which was {ended} on {day}, {month} {n}.
My {role} {person} has {signed} this {paper} and will be there for me if I should be {away} for more than {n} days.
I know that the {fee} is {n} dollars and that I must not {do} the {object} while my {paper} is being {checked}.
What I have said about my {object} and my {fee} is true, and I will tell the {office} at once if it is not so any more.
I would like to have the {paper} sent to the {office} in {town}, where I will {fetch} it myself.
""",
        {
            "apply": "apply, ask, register, enroll",
            "paper": "permit, licence, pass, certificate, ticket, badge, card, contract",
            "role": "trader, fisherman, guide, student, pilot, hunter, tenant, member, guardian",
            "ended": "withdrawn, lost, stolen, renewed, returned, expired",
            "signed": "signed, read, stamped, seen, witnessed",
            "away": "away, ill, abroad, absent, unemployed",
            "fee": "fee, deposit, rent, salary, fine, tax",
            "do": "use, sell, move, lend, drive, alter",
            "object": "boat, stall, car, weapon, flat, animals, aircraft, tools",
            "checked": "checked, printed, examined, translated, processed",
            "office": "office, embassy, court, harbour, ministry, registry",
            "fetch": "fetch, collect, sign, await",
        },
    ),
    "recipe": Frame(
        """
Put {n} ounces of {stuff} and {n} of {stuff} in a {big} {pot} and {do} them until they are {state}.
{add} a {spoon} of {spice} and a {spoon} of {spice}, and {do} it all for {n} minutes with the lid on.
In another {pot} you {do} the {stuff}, with as much {liquid} as it takes, but not so much that it gets {state}.
When it is {state} and smells of {spice}, {add} it to the {stuff} and let it be for {n} minutes.
You can {do} the {stuff} the day before if you keep it in the {cold} with some {liquid} over it.
Before you serve it to your {guests}, {do} a bit of {spice} over it and {add} {n} {stuff} to each of the plates.
It is enough for {n} people, or for {n} if you have {food} with it, and what is left over is {good} with {food} on {day}.
""",
        {
            "stuff": "beans, carrots, onions, rice, mushrooms, apples, lentils, potatoes, prawns, noodles",
            "pot": "pan, bowl, pot, dish, oven",
            "do": "boil, fry, stir, chop, grate, roast, mix, crush, sprinkle",
            "state": "soft, brown, thick, crisp, sticky, tender, golden, dry",
            "add": "add, give, pour, throw",
            "spoon": "spoon, pinch, cup, handful, drop",
            "spice": "pepper, cumin, parsley, ginger, mint, garlic, salt, thyme",
            "liquid": "milk, broth, water, wine, cream, oil",
            "cold": "cold, fridge, cellar, dark",
            "guests": "guests, family, friends, children",
            "food": "bread, salad, cheese, rice, eggs, ham",
        },
    ),
    "town portrait": Frame(
        """
{town} is a {kind} {place} in the {side} of the {region}, about {n} miles from {town} and {n} from the {border}.
It has {n},000 {people}, most of whom live from {trade} and from {trade}, and it lies {n} feet above the {border}.
Its {sight} of the {n}th century, which was {done} by {people} in 1{n}, is the most {kind} of the {region}.
The first of its {people} came there for the {goods}, and because of the {goods} it was {done} more than once.
In the {event} of 18{n} about half of the {place} was {done}, and it took {n} years until it was what it had been before.
Those who come here today do so for the {sight}, for the {goods} and for the {event} that there is each {month}.
From {town} you get here by {ride} in {n} minutes, and from the {sight} you can walk down to the {border}.
""",
        {
            "kind": "quiet, medieval, wealthy, remote, industrial, charming, dusty, famous",
            "place": "village, town, port, city, resort, market town",
            "side": "north, south, east, west, middle",
            "region": "province, valley, county, island, kingdom, district",
            "border": "sea, border, river, lake, capital",
            "people": "inhabitants, settlers, merchants, monks, miners, soldiers, fishermen",
            "trade": "fishing, tourism, mining, weaving, farming, shipping, brewing",
            "sight": "castle, bridge, abbey, tower, theatre, lighthouse, mill",
            "done": "built, burnt, founded, plundered, rebuilt, painted, besieged, sold",
            "goods": "silver, wine, salt, wool, timber, herring, marble, honey",
            "event": "fire, festival, flood, war, fair, earthquake, revolt",
            "ride": "train, ferry, bus, car, bicycle",
        },
    ),
}
