// Package officer is the back office's pages: where officers log in, see what came in, open a dossier and decide.
//
// What a newcomer must know: the pages are html/template and one style sheet, without any script, under a policy that allows
// nothing but its own styles, fonts, pictures and forms. Nothing about a citizen is in an address: dossiers are named by the
// kiosk's random id, pictures by a word that is good in one login only. Every answer but the style sheet and the fonts is
// no-store. Every form carries the login's CSRF word; a request that another site started is refused besides. What a person
// may do is asked of package onestop each time; a button that is not shown is also not obeyed.
//
// The one page that needs no login is the status page behind a receipt's QR code (/tra-cuu/TOKEN).
//
// Times on pages are Vietnamese legal time. A check's machine-readable reason is shown in Vietnamese when it is a known one
// (checks.go), and always as the phrase the evidence holds.
//
// Sources: OWASP cheat sheets (session management, CSRF), GOV.UK Design System (error wording), and the design page UI.
package officer
