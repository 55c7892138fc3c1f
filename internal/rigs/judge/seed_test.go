package judge

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// seedsVariable names the folder of the mails.
const seedsVariable = "TRAPLINE_SEEDS"

// readSeed is the mail whose file's name begins with number.
func readSeed(t testing.TB, number string) string {
	t.Helper()
	dir := os.Getenv(seedsVariable)
	if dir == "" {
		t.Skipf("%s does not name the folder of the mails whose C judges the engines", seedsVariable)
	}
	files, err := filepath.Glob(filepath.Join(dir, number+"_*.txt"))
	require.NoError(t, err)
	require.Len(t, files, 1, "%s: mail %s", dir, number)
	b, err := os.ReadFile(files[0])
	require.NoError(t, err)
	return string(b)
}

// hunk is one place of a patch. The mails have lost their line ends: a line
// begins at a word that is or begins with its mark, as far as it has one.
type hunk struct {
	added int // lines that the hunk's head says it adds
	text  string
}

// hunks cuts a patch into the hunks of each file, by the end of its name.
func hunks(patch, file string) ([]hunk, error) {
	var list []hunk
	head := regexp.MustCompile(`@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)
	for _, part := range regexp.MustCompile(` diff -\S+ `).Split(patch, -1)[1:] {
		name := regexp.MustCompile(`\+\+\+ (\S+)`).FindStringSubmatch(part)
		if name == nil || !strings.HasSuffix(name[1], "/"+file) {
			continue
		}
		at := head.FindAllStringSubmatchIndex(part, -1)
		for i, m := range at {
			end := len(part)
			if i+1 < len(at) {
				end = at[i+1][0]
			}
			number := func(group int) int { n, _ := strconv.Atoi(part[m[2*group]:m[2*group+1]]); return n }
			list = append(list, hunk{number(4) - number(2), part[m[1]:end]})
		}
	}
	if list == nil {
		return nil, fmt.Errorf("the patch does not change %s", file)
	}
	return list, nil
}

// c gives the hunk's C its lines back. A lone plus in front of sizeof is an
// operator. Lines of context stay behind the line before them.
func (h hunk) c() (string, error) {
	var b strings.Builder
	lines := 0
	words := strings.Fields(h.text)
	for i, w := range words {
		mark := strings.HasPrefix(w, "+") && !(w == "+" && i+1 < len(words) && strings.HasPrefix(words[i+1], "sizeof("))
		if mark {
			lines++
			w = w[1:]
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	if lines != h.added {
		return "", fmt.Errorf("a hunk of %d added lines seems to have %d", h.added, lines)
	}
	text := regexp.MustCompile(`\n #`).ReplaceAllString(b.String(), "\n#")
	return regexp.MustCompile(`(?m)^\s*#include.*$`).ReplaceAllString(text, ""), nil
}

// statement is the part of text from where start matches to the end of the statement.
func statement(text, start string, n int) (string, error) {
	all := regexp.MustCompile(start+`[^;]*;`).FindAllString(text, -1)
	if n >= len(all) {
		return "", fmt.Errorf("no statement number %d that begins with %s", n, start)
	}
	return all[n], nil
}

// unmarked is added lines of C as one line.
func unmarked(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = strings.TrimPrefix(w, "+")
	}
	return strings.Join(words, " ")
}

// function is the definition that begins with start.
func function(text, start string) (string, error) {
	from := strings.Index(text, start)
	if from < 0 {
		return "", fmt.Errorf("no function %s", start)
	}
	depth := 0
	for i, c := range text[from:] {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return text[from : from+i+1], nil
			}
		}
	}
	return "", fmt.Errorf("function %s does not end", start)
}

// between is the text from the first start to the first end behind it, both included.
func between(text, start, end string) (string, error) {
	_, rest, found := strings.Cut(text, start)
	inside, _, ends := strings.Cut(rest, end)
	if !found || !ends {
		return "", fmt.Errorf("nothing from %q to %q", start, end)
	}
	return start + inside + end, nil
}

// stub is the assembly of an entry point, as the patch leaves it: lines that it
// takes out are dropped, and the others end where the next mnemonic begins.
func stub(text, name string) (string, error) {
	s, err := between(text, "ENTRY("+name+")", "ret_from_exception")
	if err != nil {
		return "", err
	}
	mnemonics := regexp.MustCompile(`^(SAVE_ALL|push|mov|call|add|test|cmp|j)`)
	var b strings.Builder
	b.WriteString("FUNC " + name)
	dropped := false
	for _, w := range strings.Fields(s)[1:] {
		switch {
		case w == "+" || w == "-":
			dropped = w == "-"
		case dropped:
		case mnemonics.MatchString(w):
			b.WriteString("\n\t" + w)
		default:
			b.WriteString(" " + w)
		}
	}
	return b.String() + "\n", nil
}

// text2002 is what the mail of August 2002 (seed 000) holds.
type text2002 struct {
	headers, engine, generic string // C: the two headers, traps.c's part and do_int3, kprobes.c
	stubs                    string // assembly
	added                    map[string]string
	gates                    [][4]string // vector, type, DPL, stub
}

func parse2002(mail string) (*text2002, error) {
	mail, _, _ = strings.Cut(mail, " - To unsubscribe")
	s := &text2002{added: map[string]string{}}
	var err error
	keep := func(text string, e error) string {
		if err == nil {
			err = e
		}
		return text
	}
	c := func(file string, n int) string {
		l, e := hunks(mail, file)
		if e != nil || n >= len(l) {
			return keep("", fmt.Errorf("hunk %d of %s: %v", n, file, e))
		}
		return keep(l[n].c())
	}
	s.headers = c("include/asm-i386/kprobes.h", 0) + "\n" + c("include/linux/kprobes.h", 0)
	s.generic = c("kernel/kprobes.c", 0)
	traps, rest := "", ""
	l, e := hunks(mail, "kernel/traps.c")
	keep("", e)
	for _, h := range l {
		if strings.Contains(h.text, "int kprobe_handler") {
			traps = keep(h.c())
		}
		rest += h.text
	}
	s.engine = keep(between(traps, "#ifdef CONFIG_KPROBES", "#endif")) + "\n" +
		unmarked(keep(function(rest, "asmlinkage int do_int3")))
	fault, e := hunks(mail, "mm/fault.c")
	keep("", e)
	for name, from := range map[string]struct {
		text, start string
		n           int
	}{
		"SEED_TRAP": {rest, `if \(kprobe_fault\(`, 0}, "SEED_GENERAL_PROTECTION": {rest, `if \(kprobe_fault\(`, 1},
		"SEED_DEVICE_NOT_AVAILABLE": {rest, `if \(kprobe_fault\(`, 2}, "SEED_DEBUG": {rest, `if \(kprobe_running\(\) &&`, 0},
	} {
		s.added[name] = keep(statement(from.text, from.start, from.n))
	}
	for _, h := range fault {
		if strings.Contains(h.text, "kprobe_fault") {
			s.added["SEED_PAGE_FAULT"] = keep(statement(h.text, `if \(kprobe_fault\(`, 0))
		}
	}
	for name, text := range s.added {
		s.added[name] = unmarked(text)
	}
	entry, e := hunks(mail, "kernel/entry.S")
	keep("", e)
	for _, h := range entry {
		for _, name := range []string{"debug", "int3"} {
			if strings.Contains(h.text, "call do_"+name) {
				s.stubs += keep(stub(h.text, name))
			}
		}
	}
	for _, m := range regexp.MustCompile(`\+ _set_gate\(idt_table\+(\d+),(\d+),(\d+),&(\w+)\)`).FindAllStringSubmatch(rest, -1) {
		s.gates = append(s.gates, [4]string(m[1:5]))
	}
	return s, err
}
