package onestop

// Role is what a person does at the one-stop desk. Roles are stored; the values never change.
type Role string

// The roles.
const (
	RoleHead       Role = "head"       // trưởng bộ phận một cửa
	RoleReceiver   Role = "receiver"   // cán bộ tiếp nhận
	RoleSpecialist Role = "specialist" // công chức chuyên môn
	RoleClerk      Role = "clerk"      // văn thư, trả kết quả
	RoleAdmin      Role = "admin"      // quản trị hệ thống: accounts and the audit chain, never a dossier
)

// Roles is the closed list, in order.
var Roles = []Role{RoleHead, RoleReceiver, RoleSpecialist, RoleClerk, RoleAdmin}

// Permission is one thing a role may do.
type Permission string

// The permissions.
const (
	PermInbox    Permission = "inbox"    // see the list of dossiers
	PermOpen     Permission = "open"     // open a dossier: fields, papers, checks
	PermPhotos   Permission = "photos"   // see the chip's photo and the camera's
	PermReceive  Permission = "receive"  // receive, refuse, ask for supplements, note a withdrawal
	PermProcess  Permission = "process"  // work on it
	PermReturn   Permission = "return"   // hand the result over
	PermCorrect  Permission = "correct"  // take a finished dossier back
	PermAccounts Permission = "accounts" // manage accounts
	PermAudit    Permission = "audit"    // read the audit chain
	PermForward  Permission = "forward"  // hand a dossier to another person
	PermSign     Permission = "sign"     // sign letters and certified copies in the office's name
	PermCompare  Permission = "compare"  // compare a copy with its original
	PermQueue    Permission = "queue"    // draw and call queue numbers
	PermFeedback Permission = "feedback" // read and answer feedback
	PermReport   Permission = "report"   // statistics and registers
	PermKiosks   Permission = "kiosks"   // the kiosks' health
	PermExport   Permission = "export"   // hand a dossier's evidence to a court or an auditor
)

// Permissions is the closed list, in order.
var Permissions = []Permission{
	PermInbox, PermOpen, PermPhotos, PermReceive, PermProcess, PermReturn, PermCorrect, PermAccounts, PermAudit,
	PermForward, PermSign, PermCompare, PermQueue, PermFeedback, PermReport, PermKiosks, PermExport,
}

var matrix = map[Role]map[Permission]bool{
	RoleHead: {
		PermInbox: true, PermOpen: true, PermPhotos: true, PermReceive: true, PermProcess: true, PermReturn: true,
		PermCorrect: true, PermAudit: true, PermForward: true, PermSign: true, PermCompare: true, PermQueue: true, PermFeedback: true,
		PermReport: true, PermKiosks: true, PermExport: true,
	},
	RoleReceiver: {
		PermInbox: true, PermOpen: true, PermPhotos: true, PermReceive: true, PermReturn: true, PermForward: true, PermCompare: true,
		PermQueue: true, PermKiosks: true,
	},
	RoleSpecialist: {PermInbox: true, PermOpen: true, PermPhotos: true, PermProcess: true, PermForward: true, PermCompare: true},
	RoleClerk:      {PermInbox: true, PermOpen: true, PermReturn: true, PermForward: true, PermQueue: true, PermReport: true},
	RoleAdmin:      {PermAccounts: true, PermAudit: true, PermKiosks: true},
}

// May reports whether the role has the permission. An unknown role has none.
func (r Role) May(p Permission) bool { return matrix[r][p] }

// Valid reports whether the role is of the closed list.
func (r Role) Valid() bool { return matrix[r] != nil }

// Title gives the role's Vietnamese name.
func (r Role) Title() string {
	switch r {
	case RoleHead:
		return "Trưởng bộ phận"
	case RoleReceiver:
		return "Cán bộ tiếp nhận"
	case RoleSpecialist:
		return "Công chức chuyên môn"
	case RoleClerk:
		return "Văn thư"
	case RoleAdmin:
		return "Quản trị hệ thống"
	}
	return ""
}
