// Words the simulated accounts write with. Every phrase is invented; sentences are an opening, a
// subject and an ending put together, so they need only sound right.

export type Language = {
  /** BCP 47 tag, as in a post's `langs`. */
  readonly code: string;
  /** Share of the accounts, relative. */
  readonly weight: number;
  readonly openings: readonly string[];
  readonly subjects: readonly string[];
  readonly endings: readonly string[];
  /** Between words and sentences; empty in Japanese. */
  readonly space: string;
};

const phrases = (text: string): string[] => text.split("|");

export const LANGUAGES: readonly Language[] = [
  {
    code: "en",
    weight: 42,
    openings: phrases(
      "Just finished|Still thinking about|Does anyone else love|Today I learned about|Finally saw|Can't stop looking at|Slow morning with|Small update on|Hot take about|Quick question about",
    ),
    subjects: phrases(
      "the paper kite|my balcony tomatoes|a tiny lighthouse model|the night train|this sourdough|an old film camera|the neighbour's cat|our library garden|a broken synth|the long bridge",
    ),
    endings: phrases(
      "and it was worth it.|and I have questions.|before the rain came.|with too much coffee ☕|again, sorry not sorry.|so here is a thread.|and nobody warned me!|what do you think?|😂|more tomorrow.",
    ),
    space: " ",
  },
  {
    code: "ja",
    weight: 16,
    openings: phrases("今日は|やっと|なんとなく|久しぶりに|朝から|雨の中で|帰り道に"),
    subjects: phrases("小さな灯台|紙の凧|夜行列車|近所の猫|手作りのパン|古いカメラ|図書館の庭"),
    endings: phrases(
      "を見つけた。|のことを考えている。|を描いてみた✨|が最高だった！|を写真に撮った📷|、また明日。|は誰のもの？",
    ),
    space: "",
  },
  {
    code: "pt",
    weight: 14,
    openings: phrases(
      "Hoje acordei com|Ninguém me avisou sobre|Que saudade de|Acabei de ver|Alguém mais gosta de|Voltei para contar sobre",
    ),
    subjects: phrases(
      "uma pipa de papel|o trem da noite|meu pão caseiro|a varanda cheia de flores|aquele farol pequenino|o gato da vizinha",
    ),
    endings: phrases(
      "e não me arrependo.|e já quero de novo 😂|antes da chuva.|com café demais.|será que só eu?|amanhã tem mais!",
    ),
    space: " ",
  },
  {
    code: "de",
    weight: 9,
    openings: phrases(
      "Heute Morgen:|Endlich wieder|Wer kennt noch|Ich dachte gerade an|Kleine Geschichte über|Schöner Abend mit",
    ),
    subjects: phrases(
      "Papierdrachen|den Nachtzug|Brötchen vom Markt|die Brücke im Nebel|unseren Büchergarten|eine müde Straßenkatze",
    ),
    endings: phrases(
      "– großartig.|und niemand hat mich gewarnt!|vor dem großen Regen.|mit viel zu viel Kaffee ☕|so müßte es immer sein.|morgen mehr.",
    ),
    space: " ",
  },
  {
    code: "es",
    weight: 8,
    openings: phrases(
      "Hoy descubrí|Por fin volví a ver|¿Alguien más extraña|Sigo pensando en|Buenos días con|Pequeño hilo sobre",
    ),
    subjects: phrases(
      "una cometa de papel|el tren nocturno|el pan de la esquina|aquel faro pequeño|los gatos del barrio|mi cámara antigua",
    ),
    endings: phrases(
      "y valió la pena.|antes de la lluvia.|con demasiado café ☕|¡qué mañana!|mañana les cuento más.|¿qué opinan?",
    ),
    space: " ",
  },
  {
    code: "fr",
    weight: 5,
    openings: phrases("Ce matin,|Enfin revu|Petit fil sur|Je repense à|Qui d'autre aime"),
    subjects: phrases(
      "le cerf-volant en papier|le train de nuit|le pain du marché|un phare minuscule|la chatte d'à côté",
    ),
    endings: phrases(
      "et c'était parfait.|avant la pluie.|avec trop de café ☕|à suivre demain.|qu'en pensez-vous ?",
    ),
    space: " ",
  },
  {
    code: "ko",
    weight: 3,
    openings: phrases("오늘은|드디어|갑자기|비 오는 날에|아침부터"),
    subjects: phrases("종이 연을|밤기차를|작은 등대를|옆집 고양이를|오래된 카메라를"),
    endings: phrases("봤다.|그려 봤어요 ✨|생각하고 있다.|찾았어요!|내일 또 올게요."),
    space: " ",
  },
  {
    code: "uk",
    weight: 2,
    openings: phrases("Сьогодні|Нарешті|Хто ще любить|Знову думаю про"),
    subjects: phrases("паперовий змій|нічний потяг|маленький маяк|сусідський кіт"),
    endings: phrases("і це чудово.|перед дощем.|з кавою ☕|завтра більше!"),
    space: " ",
  },
  {
    code: "ar",
    weight: 1,
    openings: phrases("اليوم|أخيرا|من يحب"),
    subjects: phrases("قطار الليل|المنارة الصغيرة|خبز السوق"),
    endings: phrases("وكان جميلا.|قبل المطر.|غدا المزيد!"),
    space: " ",
  },
];
