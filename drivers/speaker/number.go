package speaker

import (
	"fmt"
	"slices"
	"strings"
)

// Dialect is how Vietnamese numbers are read.
type Dialect string

// The dialects: what stands for a missing ten, for a thousand, and for a four after a ten.
const (
	North Dialect = "north" // linh, nghìn, tư
	South Dialect = "south" // lẻ, ngàn, bốn
)

// piece is one clip with what it says.
type piece struct{ key, text string }

var viDigits = [...]string{"không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"}

// viBelow100 gives the clip of 0 to 99, which is spoken whole: it sounds better than word by word.
func viBelow100(n int64, d Dialect) piece {
	tens, ones := n/10, n%10
	key := fmt.Sprintf("n%d", n)
	switch {
	case n < 10:
		return piece{key, viDigits[n]}
	case tens == 1:
		return piece{key, strings.TrimSpace("mười " + map[int64]string{0: "", 5: "lăm"}[ones] + spare(ones, 0, 5))}
	case ones == 4 && d == South:
		return piece{key + "_s", viDigits[tens] + " mươi bốn"}
	}
	word := map[int64]string{1: "mốt", 4: "tư", 5: "lăm"}[ones]
	return piece{key, strings.TrimSpace(viDigits[tens] + " mươi " + word + spare(ones, 0, 1, 4, 5))}
}

// spare is the plain word of a digit, "" for those that have another word in that place.
func spare(digit int64, others ...int64) string {
	if slices.Contains(others, digit) {
		return ""
	}
	return viDigits[digit]
}

// viNumber reads a number. Groups of three digits, a billion ("tỷ") being the largest word.
func viNumber(n int64, d Dialect) []piece {
	if n < 0 {
		if n == -1<<63 {
			n++ // its opposite does not exist; nobody counts that far
		}
		return append([]piece{{"w_am", "âm"}}, viNumber(-n, d)...)
	}
	return viGroups(n, d, false)
}

func viGroups(n int64, d Dialect, full bool) []piece {
	const ty, trieu, nghin = 1_000_000_000, 1_000_000, 1_000
	thousand := piece{"w_nghin", "nghìn"}
	if d == South {
		thousand = piece{"w_ngan", "ngàn"}
	}
	var out []piece
	for _, g := range []struct {
		size int64
		word piece
	}{{ty, piece{"w_ty", "tỷ"}}, {trieu, piece{"w_trieu", "triệu"}}, {nghin, thousand}} {
		if n < g.size {
			continue
		}
		head := n / g.size
		if head < nghin {
			out = append(out, viBelow1000(head, d, full)...)
		} else {
			out = append(out, viGroups(head, d, full)...)
		}
		out, n, full = append(out, g.word), n%g.size, true
		if n == 0 {
			return out
		}
	}
	return append(out, viBelow1000(n, d, full)...)
}

// viBelow1000 reads one group; full says that groups were read before it, so that its hundreds are read even when there are none.
func viBelow1000(n int64, d Dialect, full bool) []piece {
	var out []piece
	hundreds, rest := n/100, n%100
	if hundreds > 0 || full {
		out = append(out, viBelow100(hundreds, d), piece{"w_tram", "trăm"})
	}
	switch {
	case len(out) == 0:
		return []piece{viBelow100(rest, d)}
	case rest == 0:
		return out
	case rest < 10 && d == South:
		return append(out, piece{"w_le", "lẻ"}, viBelow100(rest, d))
	case rest == 4:
		return append(out, piece{"w_linh", "linh"}, piece{"w_tu", "tư"})
	case rest < 10:
		return append(out, piece{"w_linh", "linh"}, viBelow100(rest, d))
	}
	return append(out, viBelow100(rest, d))
}

var (
	enSmall = [...]string{
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
		"fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
	}
	enTens = [...]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
)

func enBelow100(n int64) piece {
	key := fmt.Sprintf("n%d", n)
	switch {
	case n < 20:
		return piece{key, enSmall[n]}
	case n%10 == 0:
		return piece{key, enTens[n/10]}
	}
	return piece{key, enTens[n/10] + "-" + enSmall[n%10]}
}

// enNumber reads a number in English.
func enNumber(n int64, d Dialect) []piece {
	if n < 0 {
		if n == -1<<63 {
			n++
		}
		return append([]piece{{"w_minus", "minus"}}, enNumber(-n, d)...)
	}
	var out []piece
	for _, g := range []struct {
		size int64
		word piece
	}{{1_000_000_000, piece{"w_billion", "billion"}}, {1_000_000, piece{"w_million", "million"}}, {1000, piece{"w_thousand", "thousand"}}, {100, piece{"w_hundred", "hundred"}}} {
		if n >= g.size {
			out = append(append(out, enNumber(n/g.size, d)...), g.word)
			if n %= g.size; n == 0 {
				return out
			}
		}
	}
	return append(out, enBelow100(n))
}

// letters are the names of A to Z.
var letters = map[string][]string{
	"vi": strings.Split("a,bê,xê,đê,e,ép,giê,hát,i,gi,ca,lờ,mờ,nờ,o,pê,quy,rờ,sờ,tê,u,vê,vê kép,ích,i dài,dét", ","),
	"en": strings.Split("a,bee,see,dee,e,eff,gee,aitch,i,jay,kay,el,em,en,oh,pee,cue,are,ess,tee,you,vee,double you,ex,why,zed", ","),
}

// spell reads letters and digits one by one; what else stands between them is a pause.
func spell(lang, code string) []piece {
	var out []piece
	for _, r := range strings.ToUpper(code) {
		switch {
		case r >= '0' && r <= '9':
			out = append(out, number(lang)(int64(r-'0'), North)...)
		case r >= 'A' && r <= 'Z':
			out = append(out, piece{"l_" + string(r-'A'+'a'), names(lang)[r-'A']})
		default:
			out = append(out, piece{key: pauseKey})
		}
	}
	return out
}

func names(lang string) []string {
	if n := letters[lang]; n != nil {
		return n
	}
	return letters[Vietnamese]
}

// number gives how a language reads numbers. Languages without a speller of their own have clips of 0 to 99 and the words of
// Vietnamese, recorded in their own: their grammar decides whether that is enough, and a phrase whose clips are not all there
// is said in Vietnamese.
func number(lang string) func(int64, Dialect) []piece {
	if lang == "en" {
		return enNumber
	}
	return viNumber
}

// Words spells a number in Vietnamese, as it is read.
func Words(n int64, d Dialect) string {
	var words []string
	for _, p := range viNumber(n, d) {
		words = append(words, p.text)
	}
	return strings.Join(words, " ")
}

// spoken lists every clip that numbers and codes need in a language.
func spoken(lang string) []piece {
	var list []piece
	say := number(lang)
	for _, d := range []Dialect{North, South} {
		for n := range int64(100) {
			list = append(list, say(n, d)...)
		}
		for _, n := range []int64{-1, 104, 105, 1104, 1_000_104, 1_000_000_104} { // between them they use every word
			list = append(list, say(n, d)...)
		}
	}
	for i, name := range names(lang) {
		list = append(list, piece{"l_" + string(rune('a'+i)), name})
	}
	slices.SortFunc(list, func(a, b piece) int { return strings.Compare(a.key, b.key) })
	return slices.Compact(list)
}
