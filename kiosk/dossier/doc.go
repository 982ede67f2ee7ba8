// Package dossier turns a citizen's visit into one signed evidence package, and lets anyone check such a package again.
//
// The kiosk builds it in memory ([Build]) and seals it at once. The office opens it ([Open]) and believes the kiosk nothing it
// can check itself ([Package.Verify]): the kiosk's signature, every part's hash, passive authentication again from the raw
// bytes of the chip, active authentication over a challenge made for this dossier ([Challenge]), the fields that claim to come
// from the chip, the scores against their thresholds, the consents. An outsider does the same offline with the package, the
// office's authority and the country's anchors: kioskctl evidence verify. What only the kiosk could see, chip authentication
// above all, is attested by its signature ([Report].Attested).
//
// A package, version 2, is
//
//	bytes  field
//	4      magic "MCDP"
//	1      version, 2
//	4      length of the manifest, big endian, at most 1 MB
//	…      manifest: JSON in the canonical form of RFC 8785
//	64     signature by the device key (package devicekey), domain "motcua/dossier/2", over the manifest
//	2      length of the certificate, big endian, at most 4 KB
//	…      the kiosk's device certificate, DER
//	       then each part that the manifest calls attached, in the manifest's order:
//	4      length, big endian, at most 16 MB
//	…      contents
//
// and nothing after; 30 MB in all. The manifest names every part with size and SHA-256, and the SHA-256 of the certificate. Pages
// may travel beside the package, as sealed streams of their own (package seal): the manifest then says attached false, and holds
// them by size and SHA-256. Every other part is attached.
//
// There is one encoding of a package only, so no byte can change without a link breaking. The manifest is refused if encoding
// what was read gives other bytes: no key is missing or unknown, keys are sorted, strings have the shortest escapes, numbers are
// integers. Measurements are decimal strings in the shortest form that reads back as the same IEEE 754 double, "" for not computed;
// times are "2006-01-02T15:04:05.000000Z" in UTC; hashes are lower-case hexadecimal; byte strings are base64 with padding. The
// signature has fixed width and its s is the lower of the two values that would verify.
//
// Parts are named EF.CardAccess, EF.COM, EF.SOD, DG1 to DG16 (raw files of the chip), face.best (the frame kept for the
// officer) and paper.1, paper.2, … (scanned pages), in this order.
//
// The manifest has these members; [Manifest] is the reference:
//
//	format, id, token_id, kiosk, software, created, certificate
//	procedure    code, name, catalogue: the version that the dossier was filed under
//	fields       each with key, label, value, provenance and, when the citizen edited it, original
//	return       method, address
//	consents     purpose, text (id and version), sha256 of the words shown, given, at
//	chip         access, checks, verdict, signer, apdus, bytes, duration_us; null when no chip was read
//	  active     challenge, signature, at, random, nonce {value, at, signature}; null when not run
//	face         verdict, checks, score, threshold, frames, liveness, liveness_pass, model, models, hint, duration_us
//	papers       part, paper
//	parts        name, type, size, sha256, width, height, attached
//
// Test vectors stand in testdata/vectors: genuine.mcdp, a whole package of a person who does not exist; trust, what to check it with
// (the issuer's certificate, and the office's in office/office.json); and vectors.json, changes of the package that must be refused,
// each with the link that fails first and the SHA-256 of the package as changed. "container" and "manifest" are the links that
// break when it cannot even be opened.
//
// Missing papers are no fault of a package: [Missing] tells what the procedure still wants.
package dossier
