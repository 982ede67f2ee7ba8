// Package calendar reckons by when a dossier must be settled: working days, days off, hours, the 15:00 rule, supplements.
//
// A calendar is one JSON file ([File]): the country's days off and the working Saturdays that make up for them, each with its
// source, and the offices with their hours. [Starter] is the file inside the program; a newer one comes as a signed bundle
// (package bundle). A day that no law or notice has confirmed yet is marked so: a due instant that depends on it says which
// day, and what the instant is otherwise ([kiosk.Due]).
//
// The rules, each with its source:
//
//   - The day of receipt is not counted (Civil Code 2015, Article 147); a period in calendar days that ends on a day off ends
//     with the next working day (Article 148). A due instant is the close of its day.
//   - What is received outside the office's hours is received when the office next opens.
//   - "Trong ngày" (a duration of 1 without a unit) is the close of the day of receipt. Where the procedure says so
//     (SameDay15h), what comes at 15:00 or later is due with the next working day.
//   - A Saturday on which an office receives starts the clock but is not a working day: it is never counted.
//   - From a request for supplements (Mẫu 02) to their arrival the clock stands still (indicator 2.1 of QĐ 766/QĐ-TTg).
//   - A duration above 1 without a unit is taken as working days; hours are working hours.
package calendar
