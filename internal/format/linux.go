package format

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Linux is what the program of a scenario is started with, and what it sees.
// A file with this member, or with uprobe_events, is about a Linux program
// under uprobes rather than about kernel code under kprobes.
//
//	"path" PATH                where the program lies for itself and its probes; else ProgramPath
//	"args" WORD { WORD }       argv, its first word the program's own name; else the path alone
//	"env" NAME=VALUE           of its environment, which is empty otherwise; may be repeated
//	"dir" PATH                 its working directory, which exists; else "/"
//	"stdin" content            what it reads from descriptor 0
//	"file" PATH content        a file that it can open; may be repeated
//	"and" PATH { WORD }         one more program, of the files, and its argv; may be repeated
//	"and-when" "waits" | "listens" | "now"    when the next program starts
//	"quantum" N                instructions of a thread's turn while others wait for its vCPU
//	WORD = characters without blanks | STRING
//	content = STRING | "from" STRING      text, or a file beside the scenario
type Linux struct {
	Path    string // absolute and clean
	Args    []string
	Env     []string // NAME=VALUE
	Dir     string   // absolute and clean; "": "/"
	Stdin   GuestFile
	Files   []GuestFile
	Quantum int // 0: the machine's default
	And     []GuestProgram
	AndWhen string // "": waits
}

// GuestProgram is one more program of the run.
type GuestProgram struct {
	Path string // absolute and clean
	Args []string
}

// GuestFile is a file that the program can read.
type GuestFile struct {
	Path    string // absolute and clean
	Content string
	From    string // a file beside the scenario, instead of Content; or ""
	Pos     Pos
}

// ProgramPath is where the program of a scenario lies unless it says so.
const ProgramPath = "/prog"

func newLinux() *Linux { return &Linux{Path: ProgramPath} }

var linuxKeys = []string{"path", "args", "env", "dir", "stdin", "file", "quantum", "and", "and-when"}

// moments are the words of and-when.
var moments = []string{"waits", "listens", "now"}

func (f *File) parseLinux(lines []line) error {
	f.Linux = newLinux()
	seen := map[string]bool{}
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		w := &words{line: l}
		key, err := w.choice("key", linuxKeys)
		if err != nil {
			return err
		}
		if seen[key] && key != "env" && key != "file" && key != "and" {
			return l.at(0).errorAt("each key once", "a second %q", key)
		}
		seen[key] = true
		if err := f.Linux.parseKey(key, w); err != nil {
			return err
		}
		if err := w.done(); err != nil {
			return err
		}
		if n := len(f.Linux.Env) + len(f.Linux.Files) + len(f.Linux.And); n > MaxItems {
			return l.at(0).errorAt(fmt.Sprintf("at most %d", MaxItems), "too many files and variables")
		}
	}
	for _, x := range f.Linux.Files {
		if x.Path == f.Linux.Path {
			return x.Pos.errorAt("another path", "a file in the place of the program")
		}
	}
	return nil
}

func (x *Linux) parseKey(key string, w *words) (err error) {
	switch key {
	case "path":
		x.Path, err = w.absolutePath()
	case "args":
		x.Args, err = w.plainWords("an argument")
	case "env":
		var s string
		if s, err = w.plainWord("NAME=VALUE"); err == nil && strings.IndexByte(s, '=') < 1 {
			err = w.line.at(0).errorAt("NAME=VALUE", "a variable %q", s)
		}
		x.Env = append(x.Env, s)
	case "dir":
		x.Dir, err = w.absolutePath()
	case "stdin":
		x.Stdin.Pos = w.line.at(0)
		err = w.content(&x.Stdin)
	case "file":
		err = x.parseFile(w)
	case "and":
		var p GuestProgram
		if p.Path, err = w.absolutePath(); err == nil {
			if _, more := w.peek(); more {
				p.Args, err = w.plainWords("an argument")
			}
		}
		x.And = append(x.And, p)
	case "and-when":
		x.AndWhen, err = w.choice("moment", moments)
	case "quantum":
		x.Quantum, err = w.integer("a number of instructions", 1, MaxSteps)
	}
	return err
}

func (x *Linux) parseFile(w *words) error {
	at, _ := w.peek()
	g := GuestFile{Pos: w.line.at(at.at)}
	var err error
	if g.Path, err = w.absolutePath(); err == nil {
		err = w.content(&g)
	}
	x.Files = append(x.Files, g)
	return err
}

// absolutePath takes the path of a file of the program's tree.
func (w *words) absolutePath() (string, error) {
	at, _ := w.peek()
	p, err := w.plainWord("an absolute path")
	if err == nil && (!path.IsAbs(p) || path.Clean(p) != p || p == "/" || strings.ContainsRune(p, 0)) {
		err = w.line.at(at.at).errorAt("an absolute path such as /data", "a path %q", p)
	}
	return p, err
}

// content takes a text, or the name of the file that holds it.
func (w *words) content(g *GuestFile) (err error) {
	if w.accept("from") {
		g.From, err = w.quotedString("the name of a file")
		if err == nil && g.From == "" {
			err = w.line.at(0).errorAt("the name of a file", "an empty name")
		}
		return err
	}
	g.Content, err = w.quotedString(`its content, or from and the name of a file,`)
	return err
}

// Named lists the files that the scenario is not complete without, in order.
func (f *File) Named() []string {
	var list []string
	add := func(name string) {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if f.Program != nil {
		add(f.Program.Path)
	}
	for i := range f.Modules {
		add(f.Modules[i].Path)
	}
	if f.Linux != nil {
		add(f.Linux.Stdin.From)
		for i := range f.Linux.Files {
			add(f.Linux.Files[i].From)
		}
	}
	return list
}

// plainWord takes a word as it is, or the string that it is in quotes.
func (w *words) plainWord(what string) (string, error) {
	if x, ok := w.peek(); ok && x.quoted {
		return w.quotedString(what)
	}
	x, err := w.next(what)
	return x.text, err
}

// plainWords takes all words of the line, at least one.
func (w *words) plainWords(what string) ([]string, error) {
	var list []string
	for {
		s, err := w.plainWord(what)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
		if _, more := w.peek(); !more {
			return list, nil
		}
	}
}

// Exit is how a program must end.
type Exit struct {
	Status int
	Signal string // its name, such as SIGSEGV; "": it exits with Status
}

func (x *Exit) String() string {
	if x.Signal != "" {
		return "signal " + x.Signal
	}
	return "exit " + strconv.Itoa(x.Status)
}

// parseExit reads N or "signal" NAME.
func (w *words) parseExit() (*Exit, error) {
	if w.accept("signal") {
		x, err := w.next("a signal such as SIGSEGV")
		if err == nil && !strings.HasPrefix(x.text, "SIG") {
			err = w.line.at(x.at).errorAt("a signal such as SIGSEGV", "unexpected %q", x.text)
		}
		return &Exit{Signal: x.text}, err
	}
	n, err := w.integer("an exit status", 0, 255)
	return &Exit{Status: n}, err
}
