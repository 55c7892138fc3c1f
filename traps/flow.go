package traps

import (
	"fmt"
	"strconv"
	"strings"

	"trapline/emu"
)

// A flow is the control flow of the trap path for direct mode, written beside
// the assembly that it stands for. One statement a line:
//
//	LABEL:
//	do NAME                  one micro-step (one step of the vCPU)
//	call LABEL | return      rbx is kept over a call, as a callee keeps it
//	goto LABEL
//	if COND LABEL | ifnot COND LABEL
//	rax = N | ip | ip - 1 | error_code
//	rbx = N | rax | dr6 | cr2
//	handler pre|pre?|post|fault
//	                         call through struct kprobe; pre (not pre?) even if NULL
//	text NAME [N]            call NAME(rbx, regs, N) of the kernel's text
//	sti if IF | sti | cli | clts | flags &= ~TF
//	dr6 = 0 | dr7 = 0 | save dr7 | restore dr7
//	sync_regs                the frame moves to the end of the thread's stack
//	iret                     registers from the frame, and return
//
// Before a statement [NAME ...] may say for which kernels it is there: see Traits.
//
// COND is: rax | rax & N | rbx & N | user | IF | TF | VM (of the frame).
type flow struct {
	code   []statement
	labels map[string]int
}

type statement struct {
	kind   stmtKind
	cond   condKind
	not    bool // the condition is negated; a handler pointer is checked for NULL
	target int
	label  string
	n      uint64
	op     Op
	in     string // function: the last label that is called
}

type stmtKind uint8

const (
	stDo stmtKind = iota
	stCall
	stReturn
	stGoto
	stIf
	stRAX
	stRAXIP
	stRBX
	stRBXRAX
	stRBXDR6
	stRAXErr
	stRBXCR2
	stHandler
	stText
	stStiIfIF
	stSti
	stCli
	stClts
	stDR6
	stDR7
	stSaveDR7
	stRestoreDR7
	stClearTF
	stSyncRegs
	stIret
)

type condKind uint8

const (
	condRAX condKind = iota
	condRAXMask
	condRBXMask
	condUser
	condIF
	condTF
	condVM
)

// Handler pointers of struct kprobe, in the order of statement.n.
const (
	handlerPre = iota
	handlerPost
	handlerFault
)

// compileFlow parses the sources, the kernel's first. build says what the
// conditions of lines mean.
func compileFlow(build map[string]bool, ops map[string]Op, sources ...string) (*flow, error) {
	f := &flow{labels: map[string]int{}}
	called := map[string]bool{}
	for _, src := range sources {
		for n, line := range strings.Split(src, "\n") {
			line, _, _ = strings.Cut(line, "#")
			line, in, err := included(line, build)
			if err != nil {
				return nil, fmt.Errorf("flow line %d: %w", n+1, err)
			}
			if !in {
				continue
			}
			if label, ok := strings.CutSuffix(line, ":"); ok {
				f.labels[label] = len(f.code)
				continue
			}
			s, err := parseStatement(strings.Fields(line), ops)
			if err != nil {
				return nil, fmt.Errorf("flow line %d: %w", n+1, err)
			}
			if s.kind == stCall {
				called[s.label] = true
			}
			f.code = append(f.code, s)
		}
	}
	return f, f.link(called)
}

// included strips a line's condition, [NAME ...] or [!NAME ...] of which all must
// hold, and says whether the line counts.
func included(line string, build map[string]bool) (string, bool, error) {
	line = strings.TrimSpace(line)
	cond, rest, conditional := strings.Cut(strings.TrimPrefix(line, "["), "]")
	if !strings.HasPrefix(line, "[") || !conditional {
		return line, line != "", nil
	}
	in := true
	for _, name := range strings.Fields(cond) {
		name, not := strings.CutPrefix(name, "!")
		v, known := build[name]
		if !known {
			return "", false, fmt.Errorf("no condition %q", name)
		}
		in = in && v != not
	}
	rest = strings.TrimSpace(rest)
	return rest, in && rest != "", nil
}

// link resolves labels and names the function of every statement.
func (f *flow) link(called map[string]bool) error {
	starts := map[int]string{}
	for l, at := range f.labels {
		if called[l] || entryFlows[l] {
			starts[at] = l
		}
	}
	in := ""
	for i := range f.code {
		s := &f.code[i]
		if l := starts[i]; l != "" {
			in = l
		}
		s.in = in
		if s.label == "" || s.kind == stDo || s.kind == stText {
			continue
		}
		at, ok := f.labels[s.label]
		if !ok {
			return fmt.Errorf("flow: no label %q", s.label)
		}
		s.target = at
	}
	return nil
}

// entryFlows are the labels that vectors enter by.
var entryFlows = map[string]bool{"int3": true, "debug": true, "trap": true, "general_protection": true,
	"page_fault": true, "device_not_available": true, "ret_from_exception": true}

func parseStatement(w []string, ops map[string]Op) (statement, error) {
	text := strings.Join(w, " ")
	if k, ok := fixedStatements[text]; ok {
		return statement{kind: k}, nil
	}
	if text == "rax = ip - 1" {
		return statement{kind: stRAXIP, n: 1}, nil
	}
	switch {
	case len(w) == 2 && w[0] == "do":
		op := ops[w[1]]
		if op == nil {
			return statement{}, fmt.Errorf("no micro-step %q", w[1])
		}
		return statement{kind: stDo, label: w[1], op: op}, nil
	case len(w) == 2 && w[0] == "call":
		return statement{kind: stCall, label: w[1]}, nil
	case len(w) == 2 && w[0] == "goto":
		return statement{kind: stGoto, label: w[1]}, nil
	case len(w) >= 2 && len(w) <= 3 && w[0] == "text":
		s := statement{kind: stText, label: w[1]}
		var err error
		if len(w) == 3 {
			s.n, err = strconv.ParseUint(w[2], 0, 64)
		}
		return s, err
	case len(w) == 2 && w[0] == "handler":
		name, checked := strings.CutSuffix(w[1], "?")
		n, ok := map[string]uint64{"pre": handlerPre, "post": handlerPost, "fault": handlerFault}[name]
		if ok {
			return statement{kind: stHandler, n: n, not: checked || n != handlerPre, op: ops[name+"_handler_action"]}, nil
		}
	case len(w) >= 3 && (w[0] == "if" || w[0] == "ifnot"):
		return parseCond(w)
	case len(w) == 3 && w[1] == "=" && (w[0] == "rax" || w[0] == "rbx"):
		n, err := strconv.ParseUint(w[2], 0, 64)
		kind := stRAX
		if w[0] == "rbx" {
			kind = stRBX
		}
		return statement{kind: kind, n: n}, err
	}
	return statement{}, fmt.Errorf("unknown statement %q", text)
}

var fixedStatements = map[string]stmtKind{
	"return": stReturn, "sti if IF": stStiIfIF, "sti": stSti, "cli": stCli, "clts": stClts, "dr6 = 0": stDR6, "dr7 = 0": stDR7,
	"save dr7": stSaveDR7, "restore dr7": stRestoreDR7,
	"flags &= ~TF": stClearTF, "sync_regs": stSyncRegs, "iret": stIret, "rbx = rax": stRBXRAX, "rbx = dr6": stRBXDR6,
	"rax = ip": stRAXIP, "rax = error_code": stRAXErr, "rbx = cr2": stRBXCR2,
}

func parseCond(w []string) (statement, error) {
	s := statement{kind: stIf, not: w[0] == "ifnot", label: w[len(w)-1]}
	cond := strings.Join(w[1:len(w)-1], " ")
	if len(w) == 5 && w[2] == "&" {
		n, err := strconv.ParseUint(w[3], 0, 64)
		if err != nil {
			return s, err
		}
		s.n = n
		s.cond = condRAXMask
		if w[1] == "rbx" {
			s.cond = condRBXMask
		}
		return s, nil
	}
	c, ok := map[string]condKind{"rax": condRAX, "user": condUser, "IF": condIF, "TF": condTF, "VM": condVM}[cond]
	if !ok {
		return s, fmt.Errorf("unknown condition %q", cond)
	}
	s.cond = c
	return s, nil
}

// holds evaluates a condition.
func (s *statement) holds(c *emu.CPU, regs PtRegs) bool {
	var v bool
	switch s.cond {
	case condRAX:
		v = c.GPR[emu.RAX] != 0
	case condRAXMask:
		v = c.GPR[emu.RAX]&s.n != 0
	case condRBXMask:
		v = c.GPR[emu.RBX]&s.n != 0
	case condUser:
		v = regs.User()
	case condIF:
		v = regs.Get(FieldFlags)&emu.IF != 0
	case condTF:
		v = regs.Get(FieldFlags)&emu.TF != 0
	case condVM:
		v = regs.Get(FieldFlags)&emu.VM != 0
	}
	return v != s.not
}
