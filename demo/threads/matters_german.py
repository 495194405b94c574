"""Short matters asked in German."""

from __future__ import annotations

from demo.script import Matter

MATTERS_GERMAN = (
    Matter("rami", 151, "18:20", "mail", "Passt die Regn über eine Daunenjacke?",
           "Guten Tag,\n\nich trage sonst M. Passt die Regn in L über eine dünne Daunenjacke?\n\nRami Haddad",
           "ben", 42, "Guten Tag Herr Haddad,\n\n"
           "ja, sie ist dafür geschnitten. Die Ärmel sind zwei Zentimeter länger.\n\nBen Tanaka"),
    Matter("rami", 118, "11:05", "chat", "Imprägnieren",
           "Womit wasche ich die Regenjacke am besten?",
           "cleo", 3, "Mit wenig Flüssigwaschmittel bei 30 Grad, ohne Weichspüler, danach kurz in den Trockner."),
    Matter("selin", 133, "09:14", "mail", "Mengenrabatt Becher",
           "Guten Tag,\n\nab welcher Menge gibt es bei den Bechern einen Rabatt? Wir brauchen etwa zwanzig.\n\n"
           "Selin Yıldız",
           "ana", 51, "Guten Tag Frau Yıldız,\n\nab zwölf Stück sind es acht Prozent, ab vierundzwanzig zwölf.\n\n"
           "Ana Richter"),
    Matter("selin", 62, "14:33", "call", "Lieferung auf die Baustelle",
           "Fragt, ob wir an eine Baustelle liefern. Ja, wenn dort jemand unterschreibt.",
           "ben", 0, ""),
    Matter("hannah", 121, "20:44", "form", "Rucksack für die Stadt",
           "Ist der Tarn mit 30 Litern für den Alltag nicht zu groß? Ich bin 1,62 m.",
           "cleo", 780, "Guten Tag Frau Vogel,\n\n"
           "im Laden am Hafen können Sie ihn gefüllt aufsetzen. Vielen ist er mit 30 Litern gerade recht.\n\n"
           "Cleo Marchand"),
    Matter("ruth", 96, "10:18", "mail", "Gutschein verschenken",
           "Guten Tag,\n\nkann ich einen Gutschein auch gedruckt bekommen, mit Umschlag?\n\nRuth Adler",
           "ana", 25, "Guten Tag Frau Adler,\n\nja, an jeder Kasse, oder wir schicken ihn Ihnen ohne Aufpreis.\n\n"
           "Ana Richter"),
    Matter("ruth", 58, "15:02", "mail", "Beleg verloren",
           "Guten Tag,\n\nder Kassenzettel zum Kessel ist weg. Gilt die Garantie trotzdem?\n\nRuth Adler",
           "ben", 34, "Guten Tag Frau Adler,\n\n"
           "wenn Sie mit Karte bezahlt haben, genügt uns der Tag. Wir finden ihn dann.\n\nBen Tanaka"),
    Matter("frieda", 147, "13:27", "mail", "Schlafsack waschen",
           "Hallo,\n\ndarf der Varm in die Waschmaschine?\n\nFrieda Sommer",
           "cleo", 18, "Hallo Frau Sommer,\n\n"
           "ja, bei 30 Grad in einer großen Trommel, und sehr lange trocknen.\n\nCleo Marchand"),
    Matter("frieda", 79, "19:10", "chat", "Socken Größe 39–41",
           "Laufen die Wollsocken ein, wenn man sie warm wäscht?",
           "ana", 4, "Bei 40 Grad etwa eine halbe Größe. Bei 30 Grad bleiben sie, wie sie sind."),
    Matter("mara", 163, "17:51", "mail", "Wasserkocher oder Kessel?",
           "Hello,\n\ndoes the Alba whistle? I would rather not have it whistle at six in the morning.\n\n"
           "Mara Keller",
           "ana", 29, "Hello Mara,\n\nit does not. You hear the water, and the lid has a small window.\n\nAna"),
    Matter("mara", 44, "12:16", "mail", "Trail shoe Nera, which size?",
           "Hello, I am between 42 and 43. Which one do I take for walking?\n\nMara Keller",
           "cleo", 37, "Hello Mara,\n\nthe Nera runs a little short. With thick socks take the 43.\n\nCleo"),
)  # fmt: skip
