package officer

import (
	"slices"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// row is one check as the officer reads it.
type row struct {
	Name   string
	What   string // what the check means, in one line
	Badge  badge
	Reason string // in Vietnamese, "" when there is nothing to say
	Phrase string // the machine's own phrase, as the evidence holds it
	By     string // who checked
	Other  string // what the kiosk recorded, when that differs
}

// section is a group of checks under one heading.
type section struct {
	Title  string
	Rows   []row
	Passed int
}

type checkText struct {
	name kiosk.CheckName
	text string
	what string
}

// sections lists every check with its place. A test walks the names of package kiosk and onestop.
var sections = []struct {
	title  string
	checks []checkText
}{
	{"Chuỗi tin cậy của thẻ", []checkText{
		{kiosk.CheckSODSignature, "SOD ký bởi chứng thư ký tài liệu", "Chữ ký trên đối tượng bảo mật EF.SOD"},
		{kiosk.CheckSigner, "Chứng thư ký tài liệu do CSCA cấp", "Chuỗi lên chứng thư gốc quốc gia, còn hạn, không bị thu hồi"},
		{kiosk.CheckHashes, "Mã băm các nhóm dữ liệu", "Dữ liệu đọc được đúng là dữ liệu đã ký"},
		{kiosk.CheckGroups, "Danh mục nhóm dữ liệu", "EF.COM, EF.SOD và các nhóm đã đọc khớp nhau"},
		{kiosk.CheckIssuer, "Quốc gia cấp thẻ", "Quốc gia trong DG1 là quốc gia của chứng thư"},
	}},
	{"Chip thật, không sao chép", []checkText{
		{kiosk.CheckAccess, "Mở chip", "Giao thức truy cập và khóa mở"},
		{kiosk.CheckCardAccess, "CardAccess khớp DG14", "Không bị hạ cấp giao thức"},
		{kiosk.CheckChipAuth, "Xác thực chip (CA)", "Chip giữ khóa bí mật ứng với DG14"},
		{kiosk.CheckActiveAuth, "Xác thực chủ động (AA)", "Chip ký lời thách đố bằng khóa trong DG15"},
		{onestop.LinkChallenge, "Lời thách đố của hồ sơ này", "Chip trả lời cho đúng hồ sơ, đúng máy, đúng lúc"},
		{onestop.LinkChip, "Kết luận đọc chip của ki-ốt", "Ki-ốt không từ chối thẻ"},
	}},
	{"Thẻ và người", []checkText{
		{kiosk.CheckEncoding, "Cách ghi dữ liệu", "Các tệp trên chip được ghi đúng chuẩn ICAO 9303"},
		{kiosk.CheckNumber, "Số định danh", "Số đã nhập, DG1 và DG13 giống nhau"},
		{kiosk.CheckExpiry, "Hạn dùng của thẻ", "Thẻ còn hạn vào ngày nộp"},
		{kiosk.CheckFaceMatch, "Khuôn mặt khớp ảnh trên chip", "Điểm so khớp cao hơn ngưỡng"},
		{kiosk.CheckFaceQuality, "Chất lượng ảnh trực tiếp", "Đủ khung hình rõ để kết luận"},
		{kiosk.CheckFaceAlone, "Chỉ một người trước máy", "Một khuôn mặt trong suốt lần chụp"},
		{kiosk.CheckFaceLiveness, "Người thật trước máy", "Phát hiện ảnh in, màn hình, mặt nạ"},
		{kiosk.CheckFaceTurn, "Quay mặt theo yêu cầu", "Người trước máy quay mặt sang bên máy chọn ngẫu nhiên"},
		{kiosk.CheckFaceContinuity, "Vẫn là một người", "Cùng một người trong mọi khung hình đã chụp"},
	}},
	{"Gói hồ sơ", []checkText{
		{onestop.LinkDevice, "Chứng thư của ki-ốt", "Do văn phòng này cấp, đúng tên máy"},
		{onestop.LinkSignature, "Chữ ký của ki-ốt", "Ki-ốt đã ký toàn bộ hồ sơ"},
		{onestop.LinkParts, "Các phần còn nguyên", "Mọi tệp đúng mã băm đã ký"},
		{onestop.LinkChain, "Thứ tự hồ sơ của máy", "Không thiếu hồ sơ nào trước hồ sơ này"},
		{onestop.LinkPapers, "Các trang giấy tờ", "Mọi trang đúng mã băm đã ký"},
		{onestop.LinkTime, "Thời điểm lập", "Lập trước khi văn phòng nhận"},
		{onestop.LinkFields, "Ô ghi từ chip", "Giá trị đúng như dữ liệu chip"},
		{onestop.LinkConsent, "Đồng ý của công dân", "Có đồng ý cho từng việc đã làm"},
	}},
}

// checkSections joins what the office found with what only the kiosk could see. Of a check that both made, the office's
// result counts; a differing word of the kiosk is shown beside it.
func checkSections(report *onestop.Report, d *kiosk.Dossier) []section {
	atKiosk := slices.Clone(d.Face.Checks)
	if d.Chip != nil {
		atKiosk = append(slices.Clone(d.Chip.Checks), atKiosk...)
	}
	var out []section
	for _, s := range sections {
		sec := section{Title: s.title}
		for _, c := range s.checks {
			r := oneRow(c, find(report.Checks, c.name), find(atKiosk, c.name))
			if r.Badge.Tone == "good" {
				sec.Passed++
			}
			sec.Rows = append(sec.Rows, r)
		}
		out = append(out, sec)
	}
	return out
}

func find(checks []kiosk.Check, name kiosk.CheckName) *kiosk.Check {
	i := slices.IndexFunc(checks, func(c kiosk.Check) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &checks[i]
}

func oneRow(t checkText, office, atKiosk *kiosk.Check) row {
	r := row{Name: t.text, What: t.what}
	c := office
	switch {
	case office != nil:
		r.By = "Văn phòng"
		if atKiosk != nil && atKiosk.Result != office.Result {
			r.Other = "Ki-ốt ghi: " + strings.ToLower(resultBadge(atKiosk.Result).Text)
		}
	case atKiosk != nil:
		c, r.By = atKiosk, "Ki-ốt"
	default:
		r.Badge = badge{"quiet", "Chưa làm"}
		r.Reason = "Không có trong bằng chứng của hồ sơ này."
		return r
	}
	r.Badge, r.Phrase = resultBadge(c.Result), c.Reason
	r.Reason = reasonText(c.Reason)
	return r
}

// resultBadge has a word for each of the five results of BSI TR-03135-1.
func resultBadge(r kiosk.CheckResult) badge {
	switch r {
	case kiosk.CheckSuccessful:
		return badge{"good", "Đạt"}
	case kiosk.CheckFailed:
		return badge{"bad", "Không đạt"}
	case kiosk.CheckUndetermined:
		return badge{"warn", "Chưa xác định"}
	case kiosk.CheckNotSupported:
		return badge{"quiet", "Không hỗ trợ"}
	case kiosk.CheckAborted:
		return badge{"quiet", "Chưa làm"}
	}
	return badge{"warn", "Chưa xác định"}
}

// reasonText gives the Vietnamese of a known phrase: the whole phrase, else the longest known beginning, and then what known
// endings add to it. "" for an unknown one; the page then shows the phrase itself.
func reasonText(phrase string) string {
	text := beginningText(phrase)
	for ending, more := range endings {
		if strings.HasSuffix(phrase, ending) {
			text = strings.TrimSpace(text + " " + more)
		}
	}
	return text
}

// endings are what follows the beginning of a reason, after a comma.
var endings = map[string]string{
	", EF.CardAccess refused":             "Chip từ chối cho đọc EF.CardAccess.",
	", chip offers no pace":               "Chip không có PACE.",
	", key not under a trusted signer":    "Khóa này chưa được nơi cấp tin cậy xác nhận.",
	", keys compromised, a known defect":  "Khóa của loại thẻ này đã bị lộ.",
	", which a Vietnamese card must have": "Thẻ của Việt Nam phải có.",
}

func beginningText(phrase string) string {
	if phrase == "" {
		return ""
	}
	if t, ok := reasons[phrase]; ok {
		return t
	}
	best := ""
	for known := range reasons {
		if strings.HasPrefix(phrase, known) && len(known) > len(best) {
			best = known
		}
	}
	if best == "" {
		return ""
	}
	return reasons[best]
}

// reasons holds the phrases of passive authentication (drivers/emrtd/pa), the chip's reader (drivers/emrtd), the face
// (vision/face) and the package (kiosk/dossier). Those that end in a list of groups are held by their beginning.
var reasons = map[string]string{
	// the encoding of the files (drivers/emrtd/lds): the file, then what is wrong in it
	"EF.COM: ":          "Danh mục EF.COM ghi chưa đúng chuẩn.",
	"EF.CardAccess: ":   "EF.CardAccess ghi chưa đúng chuẩn.",
	"EF.CardSecurity: ": "EF.CardSecurity ghi chưa đúng chuẩn.",
	"EF.ATR/INFO: ":     "EF.ATR/INFO ghi chưa đúng chuẩn; không ảnh hưởng đến kết quả.",
	"DG1: ":             "Dòng MRZ trên chip (DG1) ghi chưa đúng chuẩn, cần xem lại trên thẻ.",
	"DG2: ":             "Bản ghi ảnh chân dung (DG2) ghi chưa đúng chuẩn, cần đối chiếu ảnh trên thẻ.",
	"DG11: ":            "DG11 ghi chưa đúng chuẩn.",
	"DG12: ":            "DG12 ghi chưa đúng chuẩn.",
	"DG13: ":            "Có ô trong DG13 không đọc được.",
	"DG14: ":            "Thông tin bảo mật DG14 ghi chưa đúng chuẩn.",
	"DG15: ":            "Khóa xác thực chủ động (DG15) ghi chưa đúng chuẩn.",
	// passive authentication
	"security object malformed":                                 "Đối tượng bảo mật EF.SOD sai cấu trúc.",
	"signer certificate missing":                                "EF.SOD không kèm chứng thư ký tài liệu.",
	"content type differs":                                      "Nội dung được ký không phải danh mục mã băm.",
	"message digest differs":                                    "Nội dung EF.SOD đã bị thay đổi sau khi ký.",
	"signature invalid":                                         "Chữ ký trên EF.SOD không đúng.",
	"algorithm not supported":                                   "Thuật toán ký chưa được phần mềm hỗ trợ.",
	"security object not verified":                              "Chưa kiểm tra được vì EF.SOD không đạt.",
	"issuer unknown":                                            "Chưa có chứng thư gốc (CSCA) của nơi cấp trong kho tin cậy.",
	"signer certificate signature invalid":                      "Chứng thư ký tài liệu không do CSCA này ký.",
	"signer certificate not for document signing":               "Chứng thư không được cấp để ký giấy tờ.",
	"unknown certificate beside the signer's":                   "EF.SOD kèm thêm chứng thư lạ.",
	"signer not yet valid":                                      "Chứng thư ký tài liệu chưa đến ngày hiệu lực.",
	"signer expired":                                            "Chứng thư ký tài liệu đã hết hạn vào ngày nộp.",
	"signed outside the signer's validity":                      "Thẻ được ký ngoài thời hạn của chứng thư.",
	"issuer not yet valid":                                      "Chứng thư gốc chưa đến ngày hiệu lực.",
	"issuer expired":                                            "Chứng thư gốc đã hết hạn.",
	"signer revoked":                                            "Chứng thư ký tài liệu đã bị thu hồi.",
	"issuer revoked":                                            "Chứng thư gốc đã bị thu hồi.",
	"signer identifier fits no certificate":                     "Thông tin người ký không khớp chứng thư nào trong EF.SOD.",
	"algorithm not allowed":                                     "Thuật toán ký không được phép dùng cho giấy tờ.",
	"security object malformed, a known defect":                 "EF.SOD lỗi đã biết của nơi cấp: không kết luận được.",
	"signer certificate has an unknown critical extension":      "Chứng thư ký tài liệu có phần mở rộng bắt buộc chưa được hỗ trợ.",
	"no revocation list":                                        "Chưa có danh sách thu hồi của nơi cấp.",
	"revocation list out of date":                               "Danh sách thu hồi đã quá hạn, cần cập nhật.",
	"signer revoked by a defect entry":                          "Chứng thư ký tài liệu bị thu hồi theo danh sách lỗi của đơn vị vận hành.",
	"signer under suspicion by a defect entry":                  "Chứng thư ký tài liệu đang bị nghi vấn theo danh sách lỗi.",
	"signer certificate malformed, a known defect":              "Chứng thư ký tài liệu lỗi đã biết: không kết luận được.",
	"validity incorrect, a known defect":                        "Thời hạn chứng thư ghi sai, lỗi đã biết: không kết luận được.",
	"defects file cannot be used":                               "Tệp danh sách lỗi không đọc được, cần báo kỹ thuật.",
	"issuer's name differs from the anchor's":                   "Tên nơi cấp trong chứng thư khác tên chứng thư gốc.",
	"EF.COM and security object differ, a known defect":         "EF.COM và EF.SOD liệt kê khác nhau, lỗi đã biết.",
	"countries of signer and issuer differ":                     "Quốc gia của chứng thư ký và chứng thư gốc khác nhau.",
	"no data group read":                                        "Không có nhóm dữ liệu nào được đọc.",
	"hash of ":                                                  "Nhóm dữ liệu đã bị thay đổi: mã băm không khớp EF.SOD.",
	"group ":                                                    "Có nhóm dữ liệu không được ký trong EF.SOD.",
	"EF.COM malformed":                                          "EF.COM sai cấu trúc.",
	"EF.COM and security object differ":                         "EF.COM và EF.SOD liệt kê khác nhau.",
	"DG1 not read":                                              "Chưa đọc DG1.",
	"DG1 not verified":                                          "DG1 chưa được xác thực.",
	"issuing state unknown":                                     "Không rõ quốc gia cấp thẻ.",
	"issuing state differs from signer's country":               "Quốc gia cấp thẻ khác quốc gia của chứng thư.",
	"signer's country not known":                                "Không rõ quốc gia của chứng thư.",
	"no security object or nothing to verify it":                "Thiếu EF.SOD hoặc văn phòng chưa có công cụ kiểm tra.",
	"passive authentication gave no result":                     "Kiểm tra chữ ký thẻ không cho kết quả.",
	"kiosk keeps no chain":                                      "Máy này không đánh số thứ tự hồ sơ.",
	"first dossier of this kiosk's chain":                       "Hồ sơ đầu tiên của máy (hoặc máy vừa thay cơ sở dữ liệu).",
	"this kiosk's chain begins more than once":                  "Chuỗi hồ sơ của máy bắt đầu hơn một lần: máy được cài lại, hoặc bị sao chép.",
	"another dossier claims the same place in the chain":        "Có hồ sơ khác nhận cùng vị trí trong chuỗi: máy có thể bị sao chép hoặc khôi phục bản cũ. Cần kiểm tra máy.",
	"chain begins in the middle":                                "Chuỗi hồ sơ của máy bắt đầu ở giữa: cần kiểm tra máy.",
	"the dossier before it is not here":                         "Hồ sơ liền trước của máy chưa đến.",
	"chain could not be looked up":                              "Chưa tra được thứ tự hồ sơ.",
	"the dossier before it is another kiosk's":                  "Hồ sơ liền trước là của máy khác.",
	"the dossier before it came later":                          "Hồ sơ liền trước đến sau hồ sơ này.",
	"certificate was not valid at that time":                    "Chứng thư của ki-ốt chưa có hoặc hết hiệu lực vào lúc lập hồ sơ.",
	"no active authentication was done":                         "Chip không làm xác thực chủ động.",
	"challenge is not bound to the dossier":                     "Lời thách đố không gắn với hồ sơ này.",
	"challenge is of another dossier, kiosk, time or nonce":     "Lời thách đố là của hồ sơ, máy hoặc lúc khác: nghi dùng lại.",
	"chip was not asked during the visit":                       "Chip không được hỏi trong lượt nộp này.",
	"chip was asked before the consent":                         "Chip được đọc trước khi công dân đồng ý.",
	"without an office's nonce: the time is the kiosk's word":   "Lúc đọc máy không có số ngẫu nhiên của văn phòng: giờ là theo máy.",
	"no office key to check the nonce with":                     "Không có khóa của văn phòng để kiểm tra số ngẫu nhiên.",
	"nonce is not the office's":                                 "Số ngẫu nhiên không phải của văn phòng.",
	"nonce is later than the read: the kiosk's clock is behind": "Đồng hồ của ki-ốt chạy chậm.",
	"liveness score is not above its threshold":                 "Điểm người thật không cao hơn ngưỡng.",
	"package is not the kiosk's":                                "Không kiểm tra tiếp vì gói hồ sơ không đúng của ki-ốt.",
	"signer's certificate or trust anchor missing":              "Thiếu chứng thư ký hoặc chứng thư gốc.",

	// the chip
	"PACE": "Mở bằng PACE.", "BAC": "Mở bằng BAC, giao thức cũ.",
	"chip has no access control":                   "Chip không bảo vệ việc đọc: không phải loại thẻ được chấp nhận.",
	"EF.CardAccess and EF.CardSecurity differ":     "EF.CardAccess khác EF.CardSecurity.",
	"select by identifier":                         "Đọc được EF.CardAccess theo mã tệp.",
	"short identifier":                             "Đọc được EF.CardAccess theo mã ngắn.",
	"under the master file":                        "Đọc được EF.CardAccess trong tệp gốc.",
	"under the application":                        "Đọc được EF.CardAccess trong ứng dụng.",
	"not readable, known for this kind of card":    "Không đọc được EF.CardAccess; dùng tham số đã biết của loại thẻ này.",
	"not on the chip":                              "Chip không có EF.CardAccess.",
	"neither EF.CardAccess nor DG14":               "Chip không có EF.CardAccess và DG14.",
	"no DG14 to compare with":                      "Không có DG14 để đối chiếu.",
	"DG14 announces pace, the chip did not":        "DG14 có PACE nhưng chip không chào: nghi hạ cấp giao thức.",
	"no pace in DG14 either":                       "DG14 cũng không có PACE.",
	"DG14 says nothing of pace":                    "DG14 không nêu PACE.",
	"EF.CardAccess and DG14 differ":                "EF.CardAccess khác DG14.",
	"DG14 not verified":                            "DG14 chưa được xác thực.",
	"no DG14":                                      "Thẻ không có DG14.",
	"no DG15":                                      "Thẻ không có DG15; dùng xác thực chip (CA) thay thế.",
	"DG14 malformed":                               "DG14 sai cấu trúc.",
	"answer longer than reader and card can carry": "Câu trả lời của chip dài hơn đầu đọc nhận được.",
	"DG15 malformed":                               "DG15 sai cấu trúc.",
	"not reached":                                  "Chưa làm đến bước này.",
	"chip offers no chip authentication":           "Chip không có xác thực chip.",
	"no implemented variant":                       "Chip dùng biến thể chưa được hỗ trợ.",
	"no key for the announced reference":           "DG14 không có khóa đã nêu.",
	"key agreement impossible":                     "Không thỏa thuận được khóa với chip.",
	"new keys not proven":                          "Chip không chứng minh được khóa mới.",
	"chip refused":                                 "Chip từ chối lệnh xác thực.",
	"chip broke the protocol":                      "Chip trả lời sai giao thức.",
	"signature does not verify":                    "Chữ ký không đúng.",
	"ECDH-":                                        "Đã thỏa thuận khóa mới với chip.",
	"EC ":                                          "Chip đã ký lời thách đố.",
	"RSA":                                          "Chip đã ký lời thách đố.",
	"check digits of DG1 differ":                   "Số kiểm tra trong DG1 sai.",
	"key differs from DG1":                         "Số đã nhập khác số trong DG1.",
	"DG1 and DG13 differ":                          "DG1 và DG13 mâu thuẫn nhau.",
	"no number in DG13":                            "DG13 không ghi số; đã đối chiếu với DG1.",
	"no end date":                                  "Thẻ không thời hạn.",
	"date of expiry not understood":                "Không đọc được ngày hết hạn.",
	"document has expired":                         "Thẻ đã hết hạn vào ngày nộp.",

	// the face
	"no score was computed":                          "Không tính được điểm so khớp.",
	"threshold out of range":                         "Ngưỡng cài đặt không hợp lệ.",
	"score is not a number":                          "Điểm so khớp không hợp lệ.",
	"score clearly below the threshold":              "Điểm thấp hơn ngưỡng rõ rệt.",
	"score at or just below the threshold":           "Điểm sát ngưỡng: chưa đủ để kết luận.",
	"score is not above the threshold":               "Điểm không cao hơn ngưỡng.",
	"the camera repeated a picture":                  "Máy ảnh lặp lại một khung hình.",
	"too few good frames":                            "Chưa đủ khung hình rõ.",
	"no face was seen":                               "Không thấy khuôn mặt.",
	"more than one face during the capture":          "Có hơn một khuôn mặt trong lúc chụp.",
	"no liveness detector is built in":               "Ki-ốt này chưa có bộ phát hiện giả mạo; cán bộ cần xem kỹ ảnh.",
	"signs of a picture or mask instead of a person": "Có dấu hiệu là ảnh, màn hình hoặc mặt nạ, không phải người thật.",
	"liveness was not decided":                       "Chưa kết luận được.",
	// the liveness layers (vision/liveness)
	"signs of a picture: ":                                "Có dấu hiệu đưa ảnh hoặc màn hình ra trước máy, cán bộ cần xem kỹ ảnh.",
	"signs of a picture: the networks":                    "Bộ phát hiện cho rằng đây là ảnh hoặc màn hình, cán bộ cần xem kỹ ảnh.",
	"signs of a picture: raster of a screen or print":     "Trên khuôn mặt có lưới điểm như của màn hình hoặc bản in.",
	"signs of a picture: edges of a sheet or screen":      "Quanh khuôn mặt có mép thẳng như của tờ giấy hoặc màn hình.",
	"signs of a picture: surroundings move with the face": "Nền quanh khuôn mặt di chuyển cùng khuôn mặt, như khi cầm một tấm ảnh.",
	"signs of a picture: bands run over the face":         "Có vệt sáng tối chạy qua khuôn mặt như trên màn hình.",
	"signs of a picture: no deep black":                   "Khuôn mặt thiếu màu đen sâu, như trên bản in.",
	"liveness models missing":                             "Ki-ốt thiếu mô hình phát hiện giả mạo; cán bộ cần xem kỹ ảnh.",
	"too few frames for liveness":                         "Chưa đủ khung hình để biết có phải người thật.",
	"liveness measures out of range":                      "Số đo kiểm tra người thật không hợp lệ.",
	// the turn of the head
	"no turn of the head is asked for here":                                 "Ki-ốt này không yêu cầu quay mặt.",
	"no turn of the head was asked for: the look before it did not succeed": "Chưa yêu cầu quay mặt vì bước trước chưa đạt.",
	"turned the head as asked":                                              "Đã quay mặt đúng bên ngay lần đầu.",
	"turned the head as asked at the second try":                            "Đã quay mặt đúng bên ở lần thứ hai.",
	"was not seen to turn the head":                                         "Máy không thấy quay mặt; người khó quay đầu cũng vậy, cán bộ cần gặp trực tiếp.",
	"turned the head to the other side":                                     "Quay mặt sang bên kia, không phải bên máy chọn.",
	"the face was lost while the head turned":                               "Mất khuôn mặt trong lúc quay.",
	"the turn of the head was not ended":                                    "Việc quay mặt chưa xong.",
	"the frames could not be compared":                                      "Không so được các khung hình với nhau.",
	"the person changed during the capture":                                 "Người trước máy đã thay đổi trong lúc chụp.",
	"no comparison was made":                                                "Không có lần so khuôn mặt nào.",
	"kiosk did not match the face":                                          "Ki-ốt kết luận khuôn mặt không khớp.",
	"kiosk could not decide on the face":                                    "Ki-ốt chưa kết luận được về khuôn mặt.",
	"no frame was kept":                                                     "Không có khung hình làm bằng chứng.",

	// the package
	"certificate is not the one in the manifest":          "Chứng thư kèm theo không phải chứng thư đã ký.",
	"certificate cannot be read":                          "Không đọc được chứng thư của ki-ốt.",
	"certificate names another kiosk":                     "Chứng thư của một ki-ốt khác.",
	"no device authority given":                           "Văn phòng chưa khai báo nơi cấp chứng thư ki-ốt.",
	"certificate was not valid when the dossier was made": "Chứng thư của ki-ốt không còn hạn khi lập hồ sơ.",
	"certificate is not issued by the office":             "Chứng thư của ki-ốt không do văn phòng này cấp.",
	"certificate chain is not valid":                      "Chuỗi chứng thư của ki-ốt không hợp lệ.",
	"certificate's key is not ECDSA P-256":                "Khóa của ki-ốt không đúng loại.",
	"no time of receipt given":                            "Không rõ thời điểm nhận.",
	"made after it was received":                          "Đồng hồ của ki-ốt chạy nhanh hơn văn phòng.",
	"no chip was read":                                    "Không có lần đọc chip nào.",
	"kiosk refused the document":                          "Ki-ốt đã từ chối thẻ.",
	"kiosk could not verify the document":                 "Ki-ốt chưa xác thực được thẻ.",
	"a field has an unknown provenance":                   "Có ô không rõ nguồn.",
	"field ":                                              "Có ô ghi là lấy từ chip nhưng khác dữ liệu chip.",
	"nothing to decode the chip's files with":             "Văn phòng chưa có công cụ đọc dữ liệu chip.",
	"chip's files cannot be decoded":                      "Không đọc được dữ liệu chip.",
	"a consent has no text":                               "Có đồng ý thiếu văn bản hoặc ghi sau khi lập hồ sơ.",
	"chip was read without consent":                       "Đã đọc chip khi chưa có đồng ý.",
	"camera was used without consent":                     "Đã dùng máy ảnh khi chưa có đồng ý.",
}
