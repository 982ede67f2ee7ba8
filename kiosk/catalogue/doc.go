// Package catalogue holds the commune's procedures and finds them as citizens type.
//
// A catalogue is one JSON file ([File]): the procedures, the codes that were replaced, the words people use instead of the
// official ones, and the matters that others settle. [Open] and [Parse] read it strictly; a file that cannot be used gives one
// sentence with code catalogue_invalid, never a half-loaded list. [Starter] is the catalogue inside the program: the facts of the
// procedures that communes are asked for most.
//
// # Search
//
// Search works on folded text (no diacritics, đ as d, NFC and NFD alike). One index in memory holds words, pairs of words,
// sound-alike forms (tr as ch, x as s, …) and letter trigrams; BM25 ranks them. Before that a query is understood:
//
//   - Telex and VNI letters that the keyboard left over are undone, words run together are parted;
//   - a word within one slip of the fingers, or alike in sound, becomes the one that fits its neighbours;
//   - acronyms by first letters ("nvqs") stand for the run of a title that they abbreviate;
//   - everyday phrases, also with a gap in them, bring the official words they stand for;
//   - words of politeness count for nothing.
//
// A special case of a procedure (abroad, at the border, for organisations) stands behind the plain one unless the query names
// it. A query that names a code finds that procedure, also under its old code. Near twins are asked back; what others settle is
// said with where.
//
// SQLite's FTS5 was measured against this index (make bench-search): it knows neither syllables run together nor Telex nor
// sounds, needs the same understanding before it, and answers slower; the index in memory it is.
//
// # Sources
//
// starter.json is made by makestarter from facts of the national portal (names, codes, fees, numbers of days, titles of papers
// and laws, state of 2026-10; records crawled by the public projects chatbot-tthc/chatbot_tthc@53229487,
// nhdandz/ThuTucHanhChinh@936e184 and Crawler-TTHC) and from words.txt, synonyms.txt and elsewhere.txt, which are this project's
// own. Provinces may shorten times and set their own fees.
package catalogue
