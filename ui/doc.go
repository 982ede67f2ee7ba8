// Package ui is the citizen's pages: it shows the session's view and posts back what a touch means.
//
// The page decides nothing. [New] renders the current [session.View] on the server (html/template), pushes every change as
// server-sent events, and takes touches as form posts that carry the boot and the turn the citizen saw. A page without
// JavaScript works by plain posts; with it, one small module morphs the new view in, composes Vietnamese on the on-screen
// keyboard and pages long texts by "Xem thêm", so that nothing ever scrolls. No citizen data stays in the browser: after
// the wipe the page replaces itself.
//
// Sizes in static/kiosk.css are true millimetres: the server multiplies them by the panel's pixels per millimetre. Texts
// stand in texts/vi.json and texts/en.json, one key per sentence; a key that is missing fails the render and a test. Further
// languages are packs in a folder: what a pack lacks is said in Vietnamese, sentence by sentence. Every screen has one
// template of its name; /story shows each of them with canned state.
//
// Sources: VotingWorks VxSuite (physical sizes, touch cancel, no free scrolling), GOV.UK Design System (one question per
// page, check answers, error wording), EN 301 549 §5.1, Luật 91/2025/QH15 (consent per purpose).
package ui
