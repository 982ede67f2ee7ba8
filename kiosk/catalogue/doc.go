// Package catalogue holds the commune's procedures and finds them as citizens type.
//
// A catalogue is one JSON file ([File]): the procedures, the codes that were replaced, and the words people use instead of the
// official ones. [Open] and [Parse] read it strictly; a file that cannot be used gives one sentence with code
// catalogue_invalid, never a half-loaded list. [Starter] is the catalogue inside the program: the facts of the 135 procedures
// that communes are asked for most.
//
// Search works on folded text (no diacritics, đ as d, NFC and NFD alike). One index in memory holds words, pairs of words,
// sound-alike forms (tr as ch, x as s, …) and letter trigrams; BM25 ranks them. Before that a query is repaired: Telex and VNI
// letters that the keyboard left over, words run together, everyday words replaced by official ones. A query that is a code
// finds that procedure, also under its old code.
//
// starter.json is made by makestarter from facts of the national portal (names, codes, fees, numbers of days, titles of papers
// and laws, state of 2026-10; records crawled by the public projects chatbot-tthc/chatbot_tthc@53229487,
// nhdandz/ThuTucHanhChinh@936e184 and Crawler-TTHC) and from words.txt and synonyms.txt, which are this project's own.
// Provinces may shorten times and set their own fees.
package catalogue
