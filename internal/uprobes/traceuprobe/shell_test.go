package traceuprobe

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/uprobes"
	"trapline/internal/x86"
)

// tracing is where the recorded sessions have tracefs.
const tracing = "/sys/kernel/tracing"

// shell runs the command lines of the recorded sessions: the part of sh that they are written in (lists, "&&", "||",
// "&", pipes, redirections, quotes, $NAME, $?, $$, "$(…)", "*" in paths), and the programs in shellcommands_test.go.
// What it does not know fails the test.
type shell struct {
	*rig
	testing.TB
	files  map[string]string // outside tracefs
	jobs   []*job
	status int
	errors strings.Builder // what goes to the terminal whatever is redirected
}

func newShell(t testing.TB, root string, cpus int) *shell {
	return &shell{rig: newRigOf(t, root, x86.AMD64, uprobes.Modern, Config{CPUs: cpus}), TB: t, files: map[string]string{}}
}

// token is a word with its quotes, or an operator.
type token struct {
	text string
	op   bool
}

var operator = regexp.MustCompile(`^(?:&&|\|\||>>|[;&|<>])`)

func tokens(line string) []token {
	var l []token
	word, started := "", false
	end := func() {
		if started {
			l = append(l, token{text: word})
		}
		word, started = "", false
	}
	for i := 0; i < len(line); {
		op := operator.FindString(line[i:])
		switch n := part(line[i:]); {
		case line[i] == ' ':
			end()
			i++
		case op != "":
			end()
			l = append(l, token{op, true})
			i += len(op)
		default:
			word, started = word+line[i:i+n], true
			i += n
		}
	}
	end()
	return l
}

// part is the length of the quoted text, "$(…)" or byte that s starts with.
func part(s string) int {
	switch {
	case s[0] == '\'' || s[0] == '"':
		return strings.IndexByte(s[1:], s[0]) + 2
	case strings.HasPrefix(s, "$("):
		depth := 0
		for i, c := range s {
			switch c {
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	return 1
}

// run obeys a command line and gives what appears on the terminal.
func (sh *shell) obey(line string) string {
	out := ""
	skip := false
	l := tokens(line)
	for len(l) > 0 {
		n := slices.IndexFunc(l, func(t token) bool { return t.op && slices.Contains([]string{";", "&", "&&", "||"}, t.text) })
		end, rest := "", []token(nil)
		command := l
		if n >= 0 {
			command, end, rest = l[:n], l[n].text, l[n+1:]
		}
		if !skip && len(command) > 0 {
			out += sh.pipeline(command, end == "&")
			out += sh.errors.String()
			sh.errors.Reset()
		}
		skip = end == "&&" && sh.status != 0 || end == "||" && sh.status == 0
		l = rest
	}
	return out
}

func (sh *shell) pipeline(l []token, background bool) string {
	in := ""
	for {
		n := slices.IndexFunc(l, func(t token) bool { return t.op && t.text == "|" })
		if n < 0 {
			return sh.simple(l, in, background)
		}
		in = sh.simple(l[:n], in, false)
		l = l[n+1:]
	}
}

// simple runs one command with its redirections.
func (sh *shell) simple(l []token, in string, background bool) string {
	var words []string
	to, truncate := "", true
	for i := 0; i < len(l); i++ {
		if !l[i].op {
			words = append(words, sh.expand(l[i].text)...)
			continue
		}
		require.Less(sh, i+1, len(l), "%v", l)
		name := sh.expand(l[i+1].text)[0]
		switch l[i].text {
		case ">", ">>":
			to, truncate = name, l[i].text == ">"
		default:
			require.Fail(sh, "redirection", "%v", l)
		}
		i++
	}
	sh.status = 0
	if to == "" {
		return sh.command(words, in, background, "")
	}
	if strings.HasPrefix(to, tracing) {
		sh.write(to, sh.command(words, in, background, ""), truncate, words[0] == "echo")
		return ""
	}
	out := sh.command(words, in, background, to)
	if truncate {
		sh.files[to] = ""
	}
	sh.files[to] += out
	return ""
}

// write is what a command prints into a file of tracefs, in one write(2). echo says that it failed.
func (sh *shell) write(name, text string, truncate, loud bool) {
	if err := sh.session.Open(name, truncate); err != nil {
		sh.status = 1
		sh.errors.WriteString("sh: can't create " + name + ": " + sentence(err) + "\n")
		return
	}
	if err := sh.session.Write(name, text); err != nil {
		sh.status = 1
		if loud {
			sh.errors.WriteString("sh: write error: " + sentence(err) + "\n")
		}
	}
}

var sentences = map[int]string{1: "Operation not permitted", 2: "No such file or directory", 3: "No such process",
	16: "Device or resource busy", 17: "File exists", 22: "Invalid argument"}

func sentence(err error) string { return sentences[int(errnoOf(err))] }

var variable = regexp.MustCompile(`\$(?:(\w+)|([?$]))`)

// expand takes the quotes off a word and puts values in; unquoted ones come apart at blanks and newlines.
func (sh *shell) expand(word string) []string {
	whole, l, glob := "", []string(nil), false
	for i := 0; i < len(word); {
		n := part(word[i:])
		p := word[i : i+n]
		i += n
		switch {
		case p[0] == '\'':
			whole += p[1 : len(p)-1]
		case p[0] == '"':
			whole += sh.substitute(p[1 : len(p)-1])
		case strings.HasPrefix(p, "$("):
			f := strings.Fields(sh.obey(p[2 : len(p)-1]))
			if len(f) > 0 {
				l = append(l, f[:len(f)-1]...)
				whole += f[len(f)-1]
			}
		case p == "$":
			m := variable.FindString(word[i-1:])
			require.NotEmpty(sh, m, word)
			whole += sh.substitute(m)
			i += len(m) - 1
		default:
			glob = glob || p == "*"
			whole += p
		}
	}
	if glob {
		return append(l, sh.paths(whole)...)
	}
	return append(l, whole)
}

// shellPID is the shell's process number, which no program of the machine has.
const shellPID = 4_000_000

func (sh *shell) substitute(s string) string {
	return variable.ReplaceAllStringFunc(s, func(v string) string {
		switch v {
		case "$T":
			return tracing
		case "$?":
			return strconv.Itoa(sh.status)
		case "$$":
			return strconv.Itoa(shellPID)
		}
		require.Fail(sh, "unknown variable", v)
		return ""
	})
}

// paths is what a pattern of tracefs names: the CPUs' directories are the only ones that the sessions ask for.
func (sh *shell) paths(pattern string) []string {
	var l []string
	for cpu := range 64 {
		name := strings.Replace(pattern, "*", strconv.Itoa(cpu), 1)
		if _, err := sh.read(name); err == nil {
			l = append(l, path.Clean(name))
		}
	}
	return l
}
