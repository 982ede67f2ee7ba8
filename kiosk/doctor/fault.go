package doctor

import "motcua/kiosk"

// Fault names what is wrong with a machine, from a closed list: the codes of package kiosk, and these. They stand in heartbeats.
type Fault string

// The faults that are no kiosk code.
const (
	FaultHangs           Fault = "hangs"            // a check did not end in its time
	FaultInternal        Fault = "internal"         // the check itself broke off
	FaultDiskUnreadable  Fault = "disk_unreadable"  // the file system does not answer
	FaultDiskFull        Fault = "disk_full"        // no dossier is taken in
	FaultDiskLow         Fault = "disk_low"         //
	FaultDiskReadOnly    Fault = "disk_read_only"   // mounted or remounted read-only
	FaultDiskErrors      Fault = "disk_errors"      // the file system or the device has counted errors
	FaultDiskWorn        Fault = "disk_worn"        // the card says that its life is over
	FaultDiskWearing     Fault = "disk_wearing"     // the card says that its life ends soon
	FaultClockWrong      Fault = "clock_wrong"      // the same word as kiosk's code
	FaultClockDrift      Fault = "clock_drift"      // the clocks of this machine and the office part
	FaultClockFree       Fault = "clock_free"       // no network time for long
	FaultRTCAbsent       Fault = "rtc_absent"       // no clock that runs without power
	FaultRTCBattery      Fault = "rtc_battery"      // that clock has lost its time
	FaultFrozen          Fault = "camera_frozen"    // the same picture again and again
	FaultDark            Fault = "camera_dark"      //
	FaultBright          Fault = "camera_bright"    //
	FaultNoFrames        Fault = "camera_no_frames" //
	FaultTouchAbsent     Fault = "touch_absent"     // no touch screen
	FaultModels          Fault = "models"           // model files are not what the manifest says
	FaultCertificate     Fault = "certificate"      // the device certificate is over or unreadable
	FaultCertificateSoon Fault = "certificate_soon" //
	FaultAuthoritySoon   Fault = "authority_soon"   // the office's own certificate ends
	FaultPaperLow        Fault = "paper_low"        // of the receipt printer
	FaultTrustEmpty      Fault = "trust_empty"      // no anchor: every citizen goes to the officer
	FaultTrustOld        Fault = "trust_old"        // files that ended or cannot be used, or a list nobody renewed
	FaultCatalogueOld    Fault = "catalogue_old"    //
	FaultCalendarEnds    Fault = "calendar_ends"    //
	FaultBundle          Fault = "bundle_refused"   // the same word as kiosk's code
	FaultLanguages       Fault = "languages"        // a language pack is left out, or a sentence of one
	FaultQuarantine      Fault = "quarantine"       // the office refused dossiers
	FaultQueueOld        Fault = "queue_old"        // dossiers wait too long
	FaultAudit           Fault = "audit_broken"     // somebody changed the log
	FaultLinkDown        Fault = "link_down"        // no cable, no Wi-Fi
	FaultDNS             Fault = "dns"              // the office's name is not found
	FaultUnreachable     Fault = "unreachable"      // the office's address takes no connection
	FaultPortal          Fault = "captive_portal"   // somebody else answers in the office's place
	FaultHot             Fault = "hot"              //
	FaultThrottled       Fault = "throttled"        // slowed by heat
	FaultVoltage         Fault = "under_voltage"    // the supply is too weak
	FaultCrash           Fault = "crash"            // the last run did not end as asked
	FaultKernelCrash     Fault = "kernel_crash"     // the kernel left a report
	FaultNoCard          Fault = "no_card"          // no test card was put on the reader
)

// Faults is the closed list beside the codes of kiosk, in order.
var Faults = []Fault{
	FaultHangs, FaultInternal, FaultDiskUnreadable, FaultDiskFull, FaultDiskLow, FaultDiskReadOnly, FaultDiskErrors, FaultDiskWorn, FaultDiskWearing,
	FaultClockWrong, FaultClockDrift, FaultClockFree, FaultRTCAbsent, FaultRTCBattery,
	FaultFrozen, FaultDark, FaultBright, FaultNoFrames, FaultTouchAbsent, FaultModels, FaultCertificate, FaultCertificateSoon, FaultAuthoritySoon,
	FaultPaperLow, FaultTrustEmpty, FaultTrustOld, FaultCatalogueOld, FaultCalendarEnds, FaultBundle, FaultLanguages, FaultQuarantine, FaultQueueOld, FaultAudit,
	FaultLinkDown, FaultDNS, FaultUnreachable, FaultPortal, FaultHot, FaultThrottled, FaultVoltage, FaultCrash, FaultKernelCrash, FaultNoCard,
}

// Told is a finding in a technician's Vietnamese.
type Told struct {
	Title string // what was looked at: "Đầu đọc thẻ"
	Text  string // what is the matter, "" when all is well
	Fix   string // what to do, "" when there is nothing to do
}

// Told puts a finding into Vietnamese. The facts (numbers, device names) stay in Text, as seen.
func (f Finding) Told() Told {
	t := Told{Title: Title(f.Name)}
	if f.Result == OK || f.Result == Absent {
		return t
	}
	said, ok := sentences[f.Fault]
	if !ok {
		said = sentences[FaultInternal]
	}
	t.Text, t.Fix = said.text, said.fix
	if by, ok := byName[f.Name][f.Fault]; ok {
		t.Text, t.Fix = by.text, by.fix
	}
	return t
}

// Title is a check's name in Vietnamese, the name itself when it is a new one.
func Title(name string) string {
	if t, ok := titles[name]; ok {
		return t
	}
	return name
}

// Names gives every check that has a title.
func Names() []string {
	names := make([]string, 0, len(titles))
	for n := range titles {
		names = append(names, n)
	}
	return names
}

// said is a sentence of what is the matter and one of what to do.
type said struct{ text, fix string }

var titles = map[string]string{
	"config": "Tệp cấu hình", "database": "Cơ sở dữ liệu", "outbox": "Hồ sơ chờ gửi", "audit": "Nhật ký chống sửa", "disk": "Chỗ trống trên đĩa",
	"storage": "Độ bền của đĩa", "clock": "Đồng hồ", "rtc": "Pin đồng hồ", "models": "Tệp nhận dạng", "opencv": "Thư viện hình ảnh", "reader": "Đầu đọc thẻ",
	"card": "Đọc thử thẻ", "trust": "Chứng thư gốc của thẻ", "camera": "Camera khuôn mặt", "paper_camera": "Camera giấy tờ", "catalogue": "Danh mục thủ tục",
	"calendar": "Lịch làm việc", "bundles": "Gói dữ liệu đã ký", "places": "Danh sách xã, tỉnh", "languages": "Gói ngôn ngữ", "network": "Mạng", "office": "Máy chủ một cửa",
	"certificate": "Chứng thư của máy", "authority": "Chứng thư của cơ quan", "printer": "Máy in phiếu", "panel": "Đèn và cảm biến", "voice": "Loa",
	"touch": "Màn hình cảm ứng", "temperature": "Nhiệt độ, nguồn điện", "crash": "Lần chạy trước",
}

// sentences tell every fault, and every code of kiosk that a check may end with.
var sentences = map[Fault]said{
	FaultHangs:           {"Thiết bị không trả lời.", "Rút cáp, đợi 5 giây, cắm lại rồi thử lại."},
	FaultInternal:        {"Phép kiểm tra bị lỗi.", "Khởi động lại máy. Nếu còn lỗi, gửi nhật ký cho người quản trị."},
	FaultDiskUnreadable:  {"Không đọc được đĩa.", "Khởi động lại máy. Nếu còn lỗi, thay thẻ nhớ."},
	FaultDiskFull:        {"Đĩa đã đầy, máy không nhận hồ sơ mới.", "Xuất hồ sơ chờ gửi ra USB, hoặc nối mạng để máy gửi đi."},
	FaultDiskLow:         {"Đĩa sắp đầy.", "Nối mạng để máy gửi hồ sơ đang chờ."},
	FaultDiskReadOnly:    {"Đĩa chỉ còn đọc được, không ghi được.", "Khởi động lại máy. Nếu còn lỗi, thay thẻ nhớ."},
	FaultDiskErrors:      {"Đĩa có lỗi.", "Xuất hồ sơ chờ gửi ra USB, rồi thay thẻ nhớ."},
	FaultDiskWorn:        {"Thẻ nhớ đã hết tuổi thọ.", "Xuất hồ sơ chờ gửi ra USB, rồi thay thẻ nhớ."},
	FaultDiskWearing:     {"Thẻ nhớ sắp hết tuổi thọ.", "Chuẩn bị thẻ nhớ mới và hẹn ngày thay."},
	FaultClockWrong:      {"Đồng hồ sai, máy không nhận hồ sơ.", "Nối mạng để máy tự chỉnh giờ, hoặc chỉnh bằng tay; kiểm tra pin đồng hồ."},
	FaultClockDrift:      {"Đồng hồ lệch với máy chủ.", "Nối mạng để máy tự chỉnh giờ."},
	FaultClockFree:       {"Đồng hồ chưa được chỉnh theo mạng.", "Kiểm tra giờ trên trang này; nối mạng nếu có thể."},
	FaultRTCAbsent:       {"Máy không có đồng hồ chạy pin: mất điện là mất giờ.", "Gắn mô-đun đồng hồ (RTC) có pin."},
	FaultRTCBattery:      {"Đồng hồ chạy pin đã mất giờ.", "Thay pin đồng hồ (CR2032 hoặc theo mô-đun)."},
	FaultFrozen:          {"Hình của camera bị đứng.", "Rút cáp camera, đợi 5 giây, cắm lại."},
	FaultDark:            {"Hình quá tối.", "Bật đèn, lau ống kính, xem có gì che camera không."},
	FaultBright:          {"Hình quá sáng.", "Che nắng, xoay máy tránh cửa sổ."},
	FaultNoFrames:        {"Camera không cho hình.", "Rút cáp camera, đợi 5 giây, cắm lại."},
	FaultTouchAbsent:     {"Không thấy màn hình cảm ứng.", "Kiểm tra cáp USB của màn hình, cắm lại."},
	FaultModels:          {"Tệp nhận dạng thiếu hoặc sai: mọi người dân phải gặp cán bộ.", "Cài lại bản phần mềm."},
	FaultCertificate:     {"Chứng thư của máy hết hạn hoặc không đọc được.", "Đăng ký lại máy với cơ quan."},
	FaultCertificateSoon: {"Chứng thư của máy sắp hết hạn.", "Nối mạng để máy tự gia hạn; nếu không được, đăng ký lại."},
	FaultAuthoritySoon:   {"Chứng thư của cơ quan sắp hết hạn.", "Báo người quản trị máy chủ: phải đăng ký lại mọi máy."},
	FaultPaperLow:        {"Giấy in sắp hết.", "Chuẩn bị thay cuộn giấy mới."},
	FaultTrustEmpty:      {"Chưa có chứng thư gốc: không thẻ nào được xác thực.", "Cài chứng thư gốc (CSCA) do cơ quan cấp."},
	FaultTrustOld:        {"Chứng thư gốc đã cũ hoặc có tệp hỏng.", "Cài danh sách chứng thư gốc mới."},
	FaultCatalogueOld:    {"Danh mục thủ tục đã cũ.", "Cài gói danh mục mới do cơ quan ký."},
	FaultCalendarEnds:    {"Lịch làm việc sắp hết.", "Cài lịch của năm sau."},
	FaultLanguages:       {"Gói ngôn ngữ có chỗ sai, chỗ đó hiện tiếng Việt.", "Sửa gói ngôn ngữ, hoặc gỡ ra."},
	FaultBundle:          {"Có gói dữ liệu bị từ chối hoặc hết hạn.", "Cài gói mới do cơ quan ký."},
	FaultQuarantine:      {"Có hồ sơ bị máy chủ từ chối.", "Xem kioskctl outbox list và báo người quản trị máy chủ."},
	FaultQueueOld:        {"Hồ sơ chờ gửi đã quá lâu.", "Kiểm tra mạng; hoặc xuất ra USB mang đến máy chủ."},
	FaultAudit:           {"Nhật ký đã bị sửa.", "Giữ nguyên đĩa và báo người phụ trách an ninh."},
	FaultLinkDown:        {"Chưa nối mạng.", "Kiểm tra dây mạng hoặc Wi-Fi. Máy vẫn nhận hồ sơ khi không có mạng."},
	FaultDNS:             {"Không tìm thấy tên máy chủ trên mạng.", "Kiểm tra bộ định tuyến và DNS."},
	FaultUnreachable:     {"Không nối được tới máy chủ.", "Hỏi người quản trị mạng: tường lửa có chặn không."},
	FaultPortal:          {"Có thiết bị khác trả lời thay máy chủ (trang đăng nhập Wi-Fi hoặc proxy).", "Hỏi người quản trị mạng cho máy đi thẳng ra mạng."},
	FaultHot:             {"Máy quá nóng.", "Lau khe thông gió, kiểm tra quạt, tránh nắng."},
	FaultThrottled:       {"Máy đã phải chạy chậm lại vì nóng.", "Lau khe thông gió, kiểm tra quạt, tránh nắng."},
	FaultVoltage:         {"Nguồn điện yếu.", "Thay bộ nguồn đúng loại và dây nguồn ngắn."},
	FaultCrash:           {"Lần trước máy dừng đột ngột (mất điện hoặc treo).", "Nếu lặp lại: kiểm tra nguồn điện, rồi gửi nhật ký."},
	FaultKernelCrash:     {"Hệ điều hành đã bị treo.", "Gửi nhật ký cho người quản trị; kiểm tra nguồn và bộ nhớ."},
	FaultNoCard:          {"Chưa có thẻ trên đầu đọc.", "Đặt thẻ thử lên đầu đọc rồi bấm thử lại."},

	Fault(kiosk.CodeReaderMissing):   {"Không thấy đầu đọc thẻ.", "Kiểm tra cáp đầu đọc, cắm lại rồi thử lại."},
	Fault(kiosk.CodeReaderFault):     {"Đầu đọc thẻ báo lỗi.", "Rút cáp đầu đọc, đợi 5 giây, cắm lại. Nếu còn lỗi, thay đầu đọc."},
	Fault(kiosk.CodeCameraMissing):   {"Không thấy camera.", "Kiểm tra cáp camera, cắm lại rồi thử lại."},
	Fault(kiosk.CodeCameraFault):     {"Camera báo lỗi.", "Rút cáp camera, đợi 5 giây, cắm lại. Nếu còn lỗi, thay camera."},
	Fault(kiosk.CodePrinterPaper):    {"Máy in hết giấy.", "Thay cuộn giấy, đóng nắp."},
	Fault(kiosk.CodePrinterCover):    {"Nắp máy in đang mở.", "Đóng nắp máy in cho khớp."},
	Fault(kiosk.CodePrinterOffline):  {"Máy in không trả lời.", "Kiểm tra nguồn và cáp máy in."},
	Fault(kiosk.CodePrinterFault):    {"Máy in báo lỗi (dao cắt hoặc đầu in nóng).", "Tắt máy in, gỡ giấy kẹt, bật lại."},
	Fault(kiosk.CodeOfficeOffline):   {"Không nối được tới máy chủ một cửa.", "Kiểm tra mạng. Hồ sơ vẫn được giữ trong máy."},
	Fault(kiosk.CodeOfficeRefused):   {"Máy chủ từ chối máy này.", "Báo người quản trị máy chủ; có thể phải đăng ký lại máy."},
	Fault(kiosk.CodeOfficeUntrusted): {"Máy chủ trả lời không đúng là của cơ quan.", "Hỏi người quản trị mạng và máy chủ. Máy không gửi gì cho đến khi đúng."},
	Fault(kiosk.CodeStoreFull):       {"Đĩa đã đầy, máy không nhận hồ sơ mới.", "Xuất hồ sơ chờ gửi ra USB, hoặc nối mạng để máy gửi đi."},
	Fault(kiosk.CodeStoreCorrupt):    {"Cơ sở dữ liệu bị hỏng.", "Giữ nguyên máy, báo người quản trị."},
	Fault(kiosk.CodeConfigInvalid):   {"Tệp cấu hình có lỗi.", "Xem dòng chữ bên dưới, sửa kiosk.toml rồi khởi động lại."},
	Fault(kiosk.CodeCatalogue):       {"Danh mục thủ tục không dùng được.", "Cài lại gói danh mục do cơ quan ký."},
	Fault(kiosk.CodeCalendar):        {"Lịch làm việc không dùng được.", "Cài lại gói lịch do cơ quan ký."},
	Fault(kiosk.CodeKeyMissing):      {"Thiếu khóa hoặc chứng thư.", "Đăng ký máy với cơ quan."},
	Fault(kiosk.CodeModelMissing):    {"Tệp nhận dạng thiếu hoặc sai: mọi người dân phải gặp cán bộ.", "Cài lại bản phần mềm."},
	Fault(kiosk.CodeUnavailable):     {"Thiết bị không dùng được.", "Kiểm tra cáp và nguồn, cắm lại rồi thử lại."},
	Fault(kiosk.CodeCardLost):        {"Thẻ bị nhấc ra sớm.", "Đặt thẻ lại và giữ yên."},
	Fault(kiosk.CodeCardUnsupported): {"Thẻ này không phải thẻ căn cước có chip.", "Dùng thẻ căn cước có chip để thử."},
	Fault(kiosk.CodeCardProtocol):    {"Thẻ trả lời sai.", "Thử thẻ khác. Nếu mọi thẻ đều lỗi, thay đầu đọc."},
	Fault(kiosk.CodeCardTimeout):     {"Thẻ trả lời quá chậm.", "Đặt thẻ sát đầu đọc, bỏ ốp kim loại."},
}

// byName tells a fault in the words of one check, where the general sentence would mislead.
var byName = map[string]map[Fault]said{
	"voice": {
		Fault(kiosk.CodeUnavailable): {"Loa không phát được.", "Kiểm tra dây loa và nút âm lượng. Mọi lời nói đều có chữ trên màn hình."},
		FaultHangs:                   {"Loa không trả lời.", "Kiểm tra dây loa, rút ra cắm lại."},
	},
	"panel":  {Fault(kiosk.CodeUnavailable): {"Đèn hoặc cảm biến không dùng được.", "Kiểm tra dây nối ở cổng GPIO."}},
	"office": {FaultHangs: {"Máy chủ không trả lời.", "Kiểm tra mạng. Hồ sơ vẫn được giữ trong máy."}},
}
