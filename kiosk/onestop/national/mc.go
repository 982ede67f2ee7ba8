package national

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// MC is the old national adapter. It is safe for concurrent use.
type MC struct {
	caller
	mu      sync.Mutex
	session string
}

var _ onestop.Target = (*MC)(nil)

// NewMC checks the options. Error: config_invalid.
func NewMC(o Options) (*MC, error) {
	c, err := newCaller(o)
	return &MC{caller: c}, err
}

// Name is the target's name in the store.
func (*MC) Name() string { return "DongBoHoSoMC" }

// dossier is one element of DongBoHoSoMC's data.
type dossier struct {
	MaHoSo                 string
	MaTTHC                 string
	TenTTHC                string
	TenLinhVuc             string
	KenhThucHien           string
	ChuHoSo                string
	LoaiDoiTuong           string
	MaDoiTuong             string
	SoDienThoai            string
	TrichYeuHoSo           string
	NgayTiepNhan           string
	NgayHenTra             string
	TrangThaiHoSo          string
	NgayTra                string
	HinhThuc               string
	NgayKetThucXuLy        string
	DonViXuLy              string
	GhiChu                 string
	HoSoCoThanhPhanSoHoa   string
	TaiLieuNop             []file
	DanhSachHoSoBoSung     []supplement
	DanhSachGiayToKetQua   []result
	DanhSachTienTrinh      []progress `json:"-"` // goes with CapNhatTienDoHoSoMC
	DuocThanhToanTrucTuyen string
}

type file struct {
	TepDinhKemID      string `json:"TepDinhKemId"`
	TenTepDinhKem     string
	MaThanhPhanHoSo   string
	DuongDanTaiTepTin string
	IsDeleted         string
	DuocSoHoa         string
}

type supplement struct {
	HoSoBoSungID    string `json:"HoSoBoSungId"`
	NguoiYeuCau     string
	NoiDungBoSung   string
	NgayBoSung      string
	NgayHenTraTruoc string
	NgayHenTraMoi   string
}

type result struct {
	TenGiayTo            string
	GiayToID             string `json:"GiayToId"`
	MaKetQua             string
	DuongDanTepTinKetQua string
}

type progress struct {
	MaHoSo        string
	NguoiXuLy     string
	ChucDanh      string
	ThoiDiemXuLy  string
	NoiDungXuLy   string
	TrangThai     string
	PhongBanXuLy  string
	NgayBatDau    string
	NgayKetThucQD string `json:"NgayKetThucTheoQuyDinh"`
}

// mcAnswer is every answer's envelope.
type mcAnswer struct {
	ErrorCode status    `json:"error_code"`
	Session   string    `json:"session"`
	Result    []mcFound `json:"result"`
}

type mcFound struct{ MaHoSo string }

// call makes one call in a session, logging in when there is none, once again when it has ended.
func (m *MC) call(ctx context.Context, service string, body map[string]any) (a mcAnswer, err error) {
	for try := 0; try < 2; try++ {
		var session string
		if session, err = m.login(ctx); err != nil {
			return a, err
		}
		body["session"], body["madonvi"], body["service"] = session, m.opt.Unit, service
		err = m.post(ctx, "/mapi/g", map[string]string{"dstcode": m.opt.Unit}, body, &a)
		if !errors.Is(err, errSession) && a.ErrorCode != "-401" {
			break
		}
		m.forget(session)
		err = kiosk.Errorf(kiosk.CodeOfficeRefused, "call national system", "check the account", "the login is not taken")
	}
	if err == nil && !a.ErrorCode.ok() {
		err = refused(service, string(a.ErrorCode))
	}
	return a, err
}

func (m *MC) login(ctx context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session != "" {
		return m.session, nil
	}
	var a mcAnswer
	err := m.post(ctx, "/mapi/login", nil, map[string]string{"username": m.opt.User, "password": m.opt.Password}, &a)
	if errors.Is(err, errSession) || err == nil && (!a.ErrorCode.ok() || a.Session == "") {
		return "", refused("login", string(a.ErrorCode))
	}
	if err != nil {
		return "", err
	}
	m.session = a.Session
	return m.session, nil
}

func (m *MC) forget(session string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session == session {
		m.session = ""
	}
}

// Push tells the dossier and its progress. Whether it is there already is asked each time: the answer to an earlier call may have
// been lost.
func (m *MC) Push(ctx context.Context, r *onestop.Record, _ string) (string, error) {
	number := r.Item.Number
	if number == "" {
		return "", refused("DongBoHoSoMC", "no number")
	}
	found, err := m.call(ctx, "TraCuuHoSo", map[string]any{"mahoso": number})
	if err != nil {
		return "", err
	}
	there := false
	for _, f := range found.Result {
		there = there || f.MaHoSo == number
	}
	if _, err := m.call(ctx, "DongBoHoSoMC", map[string]any{"isUpdating": truth(there), "data": []dossier{dossierOf(r)}}); err != nil {
		return "", err
	}
	if _, err := m.call(ctx, "CapNhatTienDoHoSoMC", map[string]any{"data": progressOf(r)}); err != nil {
		return "", err
	}
	return number, nil
}

func dossierOf(r *onestop.Record) dossier {
	it := r.Item
	d := dossier{
		MaHoSo: it.Number, MaTTHC: it.Code, TenTTHC: it.Title, TenLinhVuc: it.Field, KenhThucHien: channel(it.Channel), ChuHoSo: r.Name,
		LoaiDoiTuong: "1", MaDoiTuong: r.Number, SoDienThoai: r.Phone, TrichYeuHoSo: it.Title, NgayTiepNhan: stamp(it.Accepted),
		NgayHenTra: stamp(it.Promised), TrangThaiHoSo: fmt.Sprint(r.National), NgayTra: stamp(it.Returned), HinhThuc: way(r.Return),
		NgayKetThucXuLy: stamp(it.Finished), DonViXuLy: it.Resolver, HoSoCoThanhPhanSoHoa: bit(len(r.Papers) > 0), DuocThanhToanTrucTuyen: "0",
		TaiLieuNop: []file{}, DanhSachHoSoBoSung: []supplement{}, DanhSachGiayToKetQua: []result{},
	}
	if it.State == kiosk.StateNotReceived || it.State == kiosk.StateStopped {
		d.GhiChu, d.NgayKetThucXuLy = it.StateNote, stamp(it.Closed)
	}
	for _, p := range r.Papers {
		d.TaiLieuNop = append(d.TaiLieuNop, file{TepDinhKemID: hex.EncodeToString(p.SHA256[:]), TenTepDinhKem: p.Name, IsDeleted: "False", DuocSoHoa: "1"})
	}
	for _, e := range r.Progress {
		if e.To == kiosk.StateSupplement {
			d.DanhSachHoSoBoSung = append(d.DanhSachHoSoBoSung, supplement{
				HoSoBoSungID: fmt.Sprint(e.Seq), NguoiYeuCau: e.Actor.Name, NoiDungBoSung: e.Note, NgayBoSung: stamp(e.At),
				NgayHenTraMoi: stamp(it.Due),
			})
		}
	}
	for _, f := range r.Results {
		d.DanhSachGiayToKetQua = append(d.DanhSachGiayToKetQua, result{TenGiayTo: f.Name, GiayToID: fmt.Sprint(f.Seq), MaKetQua: f.Code})
	}
	return d
}

func progressOf(r *onestop.Record) []progress {
	out := []progress{}
	for _, e := range r.Progress {
		out = append(out, progress{
			MaHoSo: r.Item.Number, NguoiXuLy: e.Actor.Name, ChucDanh: e.Actor.Role.Title(), ThoiDiemXuLy: stamp(e.At),
			NoiDungXuLy: e.From.String() + " → " + e.To.String(), TrangThai: fmt.Sprint(int(e.To)), PhongBanXuLy: r.Item.Resolver,
			NgayBatDau: stamp(e.At), NgayKetThucQD: stamp(r.Item.Promised),
		})
	}
	return out
}

func way(m kiosk.ReturnMethod) string {
	switch m {
	case kiosk.ReturnPost:
		return "1"
	case kiosk.ReturnElectronic:
		return "2"
	case kiosk.ReturnCounter:
	}
	return "0"
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
