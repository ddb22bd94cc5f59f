"""Names of countries in German, French, Spanish, Italian, Polish, Dutch and Portuguese, by alpha-2 code.

Source: Unicode CLDR 49, the names of territories in `de`, `fr`, `es`, `it`, `pl`, `nl`, `pt` and `pt-PT`;
those that are written as in English are in `countries.py`. A country of many names has several rows.
"""

OTHER_NAMES = """
AD Andorre; Andora
AE Vereinigte Arabische Emirate; Émirats arabes unis; Emiratos Árabes Unidos; Emirati Arabi Uniti
AE Zjednoczone Emiraty Arabskie; Verenigde Arabische Emiraten; Emirados Árabes Unidos
AF Afganistán; Afeganistão
AG Antigua und Barbuda; Antigua-et-Barbuda; Antigua y Barbuda; Antigua e Barbuda; Antigua i Barbuda
AG Antigua en Barbuda
AI Anguila
AL Albanien; Albanie
AM Armenien; Arménie
AQ Antarktis; Antarctique; Antártida; Antartide; Antarktyda
AR Argentinien; Argentine; Argentyna; Argentinië
AS Amerikanisch-Samoa; Samoa américaines; Samoa Americana; Samoa Americane; Samoa Amerykańskie
AS Amerikaans-Samoa
AT Österreich; Autriche; Oostenrijk
AU Australien; Australie
AX Ålandinseln; Îles Åland; Islas Aland; Isole Åland; Wyspy Alandzkie; Ilhas Aland; Alanda
AZ Aserbaidschan; Azerbaïdjan; Azerbaiyán; Azerbaigian; Azerbejdżan; Azerbeidzjan; Azerbaijão
BA Bosnien und Herzegowina; Bosnie-Herzégovine; Bosnia y Herzegovina; Bosnia ed Erzegovina
BA Bośnia i Hercegowina; Bosnië en Herzegovina; Bósnia e Herzegovina
BB Barbade
BD Bangladesch; Bangladés; Bangladesz; Bangladeche
BE Belgien; Belgique; Bélgica; Belgio; Belgia; België
BF Burquina Faso
BG Bulgarien; Bulgarie; Bułgaria; Bulgarije
BH Bahreïn; Baréin; Bahrajn; Barém
BJ Benim
BL San Bartolomé; São Bartolomeu
BM Bermudes; Bermudas; Bermudy
BO Bolivien; Bolivie; Boliwia
BQ Karibische Niederlande; Pays-Bas caribéens; Caribe neerlandés; Caraibi Olandesi; Niderlandy Karaibskie
BQ Caribisch Nederland; Países Baixos Caribenhos
BR Brasilien; Brésil; Brasil; Brasile; Brazylia; Brazilië
BS Bahamy; Baamas
BT Bhoutan; Bután; Butão
BV Bouvetinsel; Île Bouvet; Isla Bouvet; Isola Bouvet; Wyspa Bouveta; Bouveteiland; Ilha Bouvet
BW Botsuana
BY Biélorussie; Bielorrusia; Bielorussia; Białoruś; Bielorrússia
BZ Belice
CA Kanada
CC Kokosinseln; Îles Cocos; Islas Cocos; Isole Cocos (Keeling); Wyspy Kokosowe; Cocoseilanden
CC Ilhas Cocos (Keeling); Ilhas dos Cocos (Keeling)
CD Kongo-Kinshasa; República Democrática del Congo; Demokratyczna Republika Konga
CF Zentralafrikanische Republik; République centrafricaine; República Centroafricana
CF Repubblica Centrafricana; Republika Środkowoafrykańska; Centraal-Afrikaanse Republiek
CG Kongo-Brazzaville; Kongo; República do Congo
CH Schweiz; Suisse; Suiza; Svizzera; Szwajcaria; Zwitserland; Suíça
CI Costa d'Avorio; Ivoorkust; Costa do Marfim; Côte d'Ivoire (Costa do Marfim)
CK Cookinseln; Îles Cook; Islas Cook; Isole Cook; Wyspy Cooka; Cookeilanden; Ilhas Cook
CL Chili; Cile
CM Kamerun; Cameroun; Camerún; Kameroen; Camarões
CN Chine; Cina; Chiny
CO Kolumbien; Colombie; Kolumbia
CR Kostaryka
CU Kuba
CV Cap-Vert; Capo Verde; Republika Zielonego Przylądka; Kaapverdië
CW Curazao; Curaçau
CX Weihnachtsinsel; Île Christmas; Isla de Navidad; Isola Christmas; Wyspa Bożego Narodzenia
CX Christmaseiland; Ilha Christmas; Ilha do Natal
CY Zypern; Chypre; Chipre; Cipro; Cypr
CZ Tschechien; Tchéquie; Chequia; Cechia; Czechy; Tsjechië; Tchéquia
DE Deutschland; Allemagne; Alemania; Germania; Niemcy; Duitsland; Alemanha
DJ Dschibuti; Yibuti; Gibuti; Dżibuti; Djibuti; Jibuti
DK Dänemark; Dinamarca; Danimarca; Dania; Denemarken
DM Dominique; Dominika
DO Dominikanische Republik; République dominicaine; República Dominicana; Repubblica Dominicana
DO Dominikana; Dominicaanse Republiek
DZ Algerien; Algérie; Argelia; Algieria; Algerije
EC Équateur; Ekwador; Equador
EE Estland; Estonie
EG Ägypten; Égypte; Egipto; Egitto; Egipt; Egito
EH Westsahara; Sahara occidental; Sahara Occidentale; Sahara Zachodnia; Westelijke Sahara; Saara Ocidental
EH Sara Ocidental
ER Érythrée; Erytrea; Eritreia
ES Spanien; Espagne; España; Spagna; Hiszpania; Spanje; Espanha
ET Äthiopien; Éthiopie; Etiopía
FI Finnland; Finlande; Finlandia
FJ Fidschi; Fidji; Fiyi; Figi; Fidżi
FK Falklandinseln; Îles Malouines; Islas Malvinas; Isole Falkland; Falklandy; Falklandeilanden
FK Ilhas Malvinas; Ilhas Falkland
FM Mikronesien; Micronésie; Mikronezja
FO Färöer; Îles Féroé; Islas Feroe; Isole Fær Øer; Wyspy Owcze; Faeröer; Ilhas Faroé
FR Frankreich; Francia; Francja; Frankrijk; França
GA Gabun; Gabão
GB Vereinigtes Königreich; Royaume-Uni; Reino Unido; Regno Unito; Wielka Brytania; Verenigd Koninkrijk
GD Grenade; Granada
GE Georgien; Géorgie; Gruzja
GF Französisch-Guayana; Guyane française; Guayana Francesa; Guyana Francese; Gujana Francuska
GF Frans-Guyana; Guiana Francesa
GG Guernesey
GH Gana
GI Gibilterra
GL Grönland; Groenland; Groenlandia; Grenlandia; Gronelândia
GM Gambie
GN Guinée; Gwinea; Guiné
GP Guadalupe; Guadalupa; Gwadelupa
GQ Äquatorialguinea; Guinée équatoriale; Guinea Ecuatorial; Guinea Equatoriale; Gwinea Równikowa
GQ Equatoriaal-Guinea; Guiné Equatorial
GR Griechenland; Grèce; Grecia; Grecja; Griekenland
GS Südgeorgien und die Südlichen Sandwichinseln; Géorgie du Sud-et-les Îles Sandwich du Sud
GS Islas Georgia del Sur y Sandwich del Sur; Georgia del Sud e Sandwich Australi
GS Georgia Południowa i Sandwich Południowy; Zuid-Georgia en Zuidelijke Sandwicheilanden
GS Ilhas Geórgia do Sul e Sandwich do Sul
GT Gwatemala
GU Guame
GW Guinée-Bissau; Guinea-Bisáu; Gwinea Bissau; Guiné-Bissau
GY Gujana; Guiana
HK Sonderverwaltungsregion Hongkong; R.A.S. chinoise de Hong Kong; RAE de Hong Kong (China)
HK RAS di Hong Kong; SRA Hongkong (Chiny); Hongkong SAR van China; Hong Kong, RAE da China
HM Heard und McDonaldinseln; Îles Heard-et-MacDonald; Islas Heard y McDonald; Isole Heard e McDonald
HM Wyspy Heard i McDonalda; Heard en McDonaldeilanden; Ilhas Heard e McDonald
HR Kroatien; Croatie; Croacia; Croazia; Chorwacja; Kroatië
HU Ungarn; Hongrie; Hungría; Ungheria; Węgry; Hongarije
ID Indonesien; Indonésie; Indonezja
IE Irland; Irlande; Irlanda; Irlandia; Ierland
IL Israele; Izrael
IM Île de Man; Isla de Man; Isola di Man; Wyspa Man; Ilha de Man
IN Indien; Inde; Indie
IO Britisches Territorium im Indischen Ozean; Territoire britannique de l'océan Indien
IO Territorio Británico del Océano Índico; Territorio Britannico dell'Oceano Indiano
IO Brytyjskie Terytorium Oceanu Indyjskiego; Brits Indische Oceaanterritorium
IO Território Britânico do Oceano Índico
IQ Irak; Iraque
IR Irã; Irão
IS Island; Islande; Islandia; Islanda; IJsland
IT Italien; Italie; Italia; Włochy
JM Jamaika; Jamaïque; Giamaica; Jamajka
JO Jordanien; Jordanie; Jordania; Giordania
JP Japon; Giappone; Japonia; Japão
KE Kenia; Quênia
KG Kirgisistan; Kirghizstan; Kirguistán; Kirghizistan; Kirgistan; Kirgizië; Quirguistão
KH Kambodscha; Cambodge; Camboya; Cambogia; Kambodża; Cambodja; Camboja
KI Quiribati
KM Komoren; Comores; Comoras; Comore; Komory; Comoren
KN St. Kitts und Nevis; Saint-Christophe-et-Niévès; San Cristóbal y Nieves; Saint Kitts e Nevis
KN Saint Kitts i Nevis; Saint Kitts en Nevis; São Cristóvão e Névis; São Cristóvão e Neves
KP Nordkorea; Corée du Nord; Corea del Norte; Corea del Nord; Korea Północna; Noord-Korea; Coreia do Norte
KR Südkorea; Corée du Sud; Corea del Sur; Corea del Sud; Korea Południowa; Zuid-Korea; Coreia do Sul
KW Koweït; Kuwejt; Koeweit
KY Kaimaninseln; Îles Caïmans; Islas Caimán; Isole Cayman; Kajmany; Kaaimaneilanden; Ilhas Cayman
KY Ilhas Caimão
KZ Kasachstan; Kazajistán; Kazakistan; Kazachstan; Cazaquistão
LB Libanon; Liban; Líbano
LC Sainte-Lucie; Santa Lucía
LI Listenstaine
LK Sri Lanca
LS Lesoto
LT Litauen; Lituanie; Lituania; Litwa; Litouwen
LU Luxemburg; Luxemburgo; Lussemburgo; Luksemburg
LV Lettland; Lettonie; Letonia; Lettonia; Łotwa; Letland
LY Libyen; Libye; Libia; Libië
MA Marokko; Maroc; Marruecos; Marocco; Maroko; Marrocos
MC Monako
MD Republik Moldau; Moldavie; Moldavia; Mołdawia
ME Czarnogóra
MF Saint-Martin; San Martín; São Martinho; São Martinho (Saint-Martin)
MG Madagaskar
MH Marshallinseln; Îles Marshall; Islas Marshall; Isole Marshall; Wyspy Marshalla; Marshalleilanden
MH Ilhas Marshall
MK Nordmazedonien; Macédoine du Nord; Macedonia del Norte; Macedonia del Nord; Macedonia Północna
MK Noord-Macedonië; Macedônia do Norte
MM Myanmar (Birmanie); Myanmar (Birmania); Mjanma (Birma); Myanmar (Birma); Mianmar (Birmânia)
MN Mongolei; Mongolie
MO Sonderverwaltungsregion Macau; R.A.S. chinoise de Macao; RAE de Macao (China); RAS di Macao
MO SRA Makau (Chiny); Macau SAR van China; Macau, RAE da China
MP Nördliche Marianen; Îles Mariannes du Nord; Islas Marianas del Norte; Isole Marianne Settentrionali
MP Mariany Północne; Noordelijke Marianen; Ilhas Marianas do Norte
MQ Martinica; Martynika
MR Mauretanien; Mauritanie; Mauretania
MS Monserrate
MT Malte
MU Maurice; Mauricio; Maurícia
MV Malediven; Maldivas; Maldive; Malediwy; Maldiven
MW Malaui
MX Mexiko; Mexique; Messico; Meksyk
MY Malaisie; Malasia; Malezja; Maleisië
MZ Mosambik; Mozambico; Mozambik; Moçambique
NA Namibie
NC Neukaledonien; Nouvelle-Calédonie; Nueva Caledonia; Nuova Caledonia; Nowa Kaledonia; Nieuw-Caledonië
NC Nova Caledônia
NF Norfolkinsel; Île Norfolk; Isla Norfolk; Isola Norfolk; Norfolk; Ilha Norfolk
NI Nikaragua
NL Niederlande; Pays-Bas; Países Bajos; Paesi Bassi; Holandia; Nederland; Países Baixos
NO Norwegen; Norvège; Noruega; Norvegia; Norwegia; Noorwegen
NZ Neuseeland; Nouvelle-Zélande; Nueva Zelanda; Nuova Zelanda; Nowa Zelandia; Nieuw-Zeeland; Nova Zelândia
OM Omã
PE Pérou
PF Französisch-Polynesien; Polynésie française; Polinesia Francesa; Polinesia Francese
PF Polinezja Francuska; Frans-Polynesië
PG Papua-Neuguinea; Papouasie-Nouvelle-Guinée; Papúa Nueva Guinea; Papua Nuova Guinea; Papua-Nowa Gwinea
PG Papoea-Nieuw-Guinea; Papua-Nova Guiné
PH Philippinen; Filipinas; Filippine; Filipiny; Filipijnen
PK Paquistão
PL Polen; Pologne; Polonia; Polska
PM St. Pierre und Miquelon; Saint-Pierre-et-Miquelon; San Pedro y Miquelón; Saint-Pierre e Miquelon
PM Saint-Pierre i Miquelon; Saint-Pierre en Miquelon; São Pedro e Miquelão
PN Pitcairninseln; Îles Pitcairn; Islas Pitcairn; Isole Pitcairn; Pitcairneilanden; Ilhas Pitcairn
PR Porto Rico; Portoryko
PS Palästinensische Autonomiegebiete; Territoires palestiniens; Territorios Palestinos
PS Territori Palestinesi; Terytoria Palestyńskie; Palestijnse gebieden; Territórios palestinianos
PT Portogallo; Portugalia
PW Palaos
PY Paragwaj; Paraguai
QA Katar; Catar
RE La Réunion; Riunione; Reunião
RO Rumänien; Roumanie; Rumanía; Rumunia; Roemenië; Romênia
RS Serbien; Serbie; Servië; Sérvia
RU Russland; Russie; Rusia; Rosja; Rusland
RW Ruanda
SA Saudi-Arabien; Arabie saoudite; Arabia Saudí; Arabia Saudita; Arabia Saudyjska; Saoedi-Arabië
SB Salomonen; Îles Salomon; Islas Salomón; Isole Salomone; Wyspy Salomona; Salomonseilanden; Ilhas Salomão
SC Seychellen; Seszele; Seicheles
SD Soudan; Soedan; Sudão
SE Schweden; Suède; Suecia; Svezia; Szwecja; Zweden
SG Singapur; Singapour; Singapura
SH Sainte-Hélène; Santa Elena; Sant'Elena; Wyspa Świętej Heleny; Sint-Helena; Santa Helena
SI Slowenien; Slovénie; Eslovenia; Słowenia
SJ Spitzbergen und Jan Mayen; Svalbard et Jan Mayen; Svalbard y Jan Mayen; Svalbard e Jan Mayen
SJ Svalbard i Jan Mayen; Spitsbergen en Jan Mayen
SK Slowakei; Slovaquie; Eslovaquia; Slovacchia; Słowacja; Slowakije
SL Sierra Leona; Serra Leoa
SM Saint-Marin; São Marinho
SO Somalie
SR Surinam
SS Südsudan; Soudan du Sud; Sudán del Sur; Sudan Południowy; Zuid-Soedan; Sudão do Sul
ST São Tomé und Príncipe; Sao Tomé-et-Principe; Santo Tomé y Príncipe; São Tomé e Príncipe
ST Wyspy Świętego Tomasza i Książęca; Sao Tomé en Principe
SV Salvador; Salwador
SX Saint-Martin (partie néerlandaise); São Martinho (Sint Maarten)
SY Syrien; Syrie; Siria
SZ Esuatini; Essuatíni
TC Turks- und Caicosinseln; Îles Turques-et-Caïques; Islas Turcas y Caicos; Isole Turks e Caicos
TC Turks i Caicos; Turks- en Caicoseilanden; Ilhas Turcas e Caicos
TD Tschad; Tchad; Ciad; Czad; Tsjaad; Chade
TF Französische Süd- und Antarktisgebiete; Terres australes françaises; Territorios Australes Franceses
TF Terre Australi Francesi; Francuskie Terytoria Południowe i Antarktyczne
TF Franse Gebieden in de zuidelijke Indische Oceaan; Territórios Franceses do Sul
TF Territórios Austrais Franceses
TH Thaïlande; Tailandia; Thailandia; Tajlandia
TJ Tadschikistan; Tadjikistan; Tayikistán; Tagikistan; Tadżykistan; Tadzjikistan; Tadjiquistão
TJ Tajiquistão
TK Toquelau
TL Timor oriental; Timor Est; Timor Wschodni; Oost-Timor
TM Turcomenistão; Turquemenistão
TN Tunesien; Tunisie; Túnez; Tunezja; Tunesië
TR Türkei; Turquie; Turquía; Turchia; Turcja; Turkije
TT Trinidad und Tobago; Trinité-et-Tobago; Trinidad y Tobago; Trinidad e Tobago; Trynidad i Tobago
TT Trinidad en Tobago; Trindade e Tobago
TW Tajwan
TZ Tansania; Tanzanie
UA Ucrania; Ucraina; Ukraina; Oekraïne
UG Ouganda; Oeganda
UM Amerikanische Überseeinseln; Îles mineures éloignées des États-Unis; Islas menores alejadas de EE. UU.
UM Isole Minori Esterne degli Stati Uniti; Dalekie Wyspy Mniejsze Stanów Zjednoczonych
UM Kleine afgelegen eilanden van de Verenigde Staten; Ilhas Menores Distantes dos EUA
UM Ilhas Menores Afastadas dos EUA
US Vereinigte Staaten; États-Unis; Estados Unidos; Stati Uniti; Stany Zjednoczone; Verenigde Staten
UY Urugwaj; Uruguai
UZ Usbekistan; Ouzbékistan; Oezbekistan; Uzbequistão; Usbequistão
VA Vatikanstadt; État de la Cité du Vatican; Ciudad del Vaticano; Città del Vaticano; Watykan
VA Vaticaanstad; Cidade do Vaticano
VC St. Vincent und die Grenadinen; Saint-Vincent-et-les Grenadines; San Vicente y las Granadinas
VC Saint Vincent e Grenadine; Saint Vincent i Grenadyny; Saint Vincent en de Grenadines
VC São Vicente e Granadinas
VE Wenezuela
VG Britische Jungferninseln; Îles Vierges britanniques; Islas Vírgenes Británicas
VG Isole Vergini Britanniche; Brytyjskie Wyspy Dziewicze; Britse Maagdeneilanden; Ilhas Virgens Britânicas
VI Amerikanische Jungferninseln; Îles Vierges des États-Unis; Islas Vírgenes de EE. UU.
VI Isole Vergini Americane; Wyspy Dziewicze Stanów Zjednoczonych; Amerikaanse Maagdeneilanden
VI Ilhas Virgens Americanas; Ilhas Virgens dos EUA
VN Wietnam; Vietnã; Vietname
WF Wallis und Futuna; Wallis-et-Futuna; Wallis y Futuna; Wallis e Futuna; Wallis i Futuna
WF Wallis en Futuna
YE Jemen; Iêmen
YT Majotta; Maiote
ZA Südafrika; Afrique du Sud; Sudáfrica; Republika Południowej Afryki; Zuid-Afrika; África do Sul
ZM Sambia; Zambie
ZW Simbabwe; Zimbabue
"""
