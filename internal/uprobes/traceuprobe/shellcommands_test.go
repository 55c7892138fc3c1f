package traceuprobe

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/linux"
)

// job is a program that runs beside the shell.
type job struct {
	kernel *linux.Kernel
	to     string // the file that it prints into
}

// shellCommands are the programs and functions that the sessions use.
func shellCommands() map[string]func(sh *shell, w []string, in string) string {
	return map[string]func(sh *shell, w []string, in string) string{
		"def": func(sh *shell, w []string, _ string) string {
			return sh.tool("a", tracing+"/uprobe_events", strings.Join(w, " "))
		},
		"on": func(sh *shell, w []string, _ string) string {
			return sh.tool("w", tracing+"/events/"+w[0]+"/enable", "1")
		},
		"off": func(sh *shell, w []string, _ string) string {
			return sh.tool("w", tracing+"/events/"+w[0]+"/enable", "0")
		},
		"tool": func(sh *shell, w []string, _ string) string { return sh.tool(w[0], w[1], w[2]) },
		"run":  func(sh *shell, w []string, _ string) string { sh.load(sh, w...); return sh.rig.run(sh) },
		"tr_": func(sh *shell, _ []string, _ string) string {
			return notComments.ReplaceAllString(sh.session.Array().Lines(), "")
		},
		"clr": func(sh *shell, _ []string, _ string) string { sh.session.Array().Clear(); return "" },
		"prof": func(sh *shell, _ []string, _ string) string {
			return sh.session.Registry().UprobeProfile(sh.session.Counts)
		},
		"elog":   (*shell).errorLog,
		"echo":   func(_ *shell, w []string, _ string) string { return strings.Join(w, " ") + "\n" },
		"printf": (*shell).printf,
		"cat":    (*shell).cat,
		"ls":     (*shell).ls,
		"grep":   (*shell).grep,
		"head":   func(sh *shell, w []string, in string) string { return sh.end(w, in, true) },
		"tail":   func(sh *shell, w []string, in string) string { return sh.end(w, in, false) },
		"wc":     func(_ *shell, _ []string, in string) string { return fmt.Sprintln(strings.Count(in, "\n")) },
		"tr": func(_ *shell, w []string, in string) string {
			return strings.ReplaceAll(in, unescape(w[0]), unescape(w[1]))
		},
		"sort": func(_ *shell, _ []string, in string) string {
			l := lines(in)
			slices.Sort(l)
			return strings.Join(l, "")
		},
		"uniq": func(_ *shell, _ []string, in string) string { return uniq(lines(in)) },
		"sed":  (*shell).sed,
		"test": (*shell).test,
		"timeout": func(sh *shell, w []string, in string) string {
			return sh.command(w[1:], in, false, "") + "Terminated\n"
		},
		"usleep": func(sh *shell, w []string, _ string) string { sh.sleep(w[0]); return "" },
		"wait":   func(sh *shell, _ []string, _ string) string { sh.wait(); return "" },
	}
}

var notComments = regexp.MustCompile(`(?m)^#.*\n`)

// command runs a program or function; to is the file that it prints into, which only matters for one that runs on.
func (sh *shell) command(w []string, in string, background bool, to string) string {
	if strings.HasPrefix(w[0], "/t/") {
		sh.load(sh, w...)
		if background {
			sh.jobs = append(sh.jobs, &job{sh.kernel, to})
			return ""
		}
		out := sh.rig.run(sh)
		return out[:strings.LastIndex(out, "status=")]
	}
	c := shellCommands()[w[0]]
	require.NotNil(sh, c, "unknown command %q", w)
	require.False(sh, background, w)
	return c(sh, w[1:], in)
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.SplitAfter(strings.TrimSuffix(s, "\n")+"\n", "\n")[:strings.Count(strings.TrimSuffix(s, "\n"), "\n")+1]
}

func unescape(s string) string { return strings.ReplaceAll(s, `\n`, "\n") }

// tool opens a file to write, with O_TRUNC or O_APPEND, and writes a line in one write(2).
func (sh *shell) tool(how, file, text string) string {
	if err := sh.session.Open(file, how == "w"); err != nil {
		return fmt.Sprintf("open errno=%d %s\n", errnoOf(err), errnoOf(err).Name())
	}
	if text == "" {
		return "opened rc=0\n"
	}
	return errnoLine(asErrno(sh.session.Write(file, text+"\n")))
}

func errnoOf(err error) events.Errno {
	var errno events.Errno
	errors.As(err, &errno)
	return errno
}

func asErrno(err error) error {
	if err == nil {
		return nil
	}
	return errnoOf(err)
}

func (sh *shell) read(file string) (string, error) {
	if strings.HasPrefix(file, tracing+"/") {
		return sh.session.ReadFile(file)
	}
	text, ok := sh.files[file]
	if !ok {
		return "", events.ENOENT
	}
	return text, nil
}

func (sh *shell) cat(w []string, in string) string {
	if len(w) == 0 {
		return in
	}
	out := ""
	for _, file := range w {
		text, err := sh.read(file)
		if err != nil {
			out += fmt.Sprintf("cat: can't open '%s': %s\n", file, sentence(err))
			sh.status = 1
		}
		out += text
	}
	return out
}

func (sh *shell) ls(w []string, _ string) string {
	names, err := sh.session.Array().List(strings.TrimPrefix(w[0], tracing+"/"))
	require.NoError(sh, err)
	return strings.Join(names, "\n") + "\n"
}

var logTime = regexp.MustCompile(`(?m)^\[ *[\d.]+\] `)

func (sh *shell) errorLog([]string, string) string {
	text := logTime.ReplaceAllString(sh.session.Registry().ErrorLog(), "")
	sh.session.Registry().ClearErrorLog()
	return text
}

func (sh *shell) printf(w []string, _ string) string {
	if w[0] == "--" {
		w = w[1:]
	}
	return unescape(w[0])
}

// grep knows -c, -E and -v, in its input or a file.
func (sh *shell) grep(w []string, in string) string {
	flags := ""
	for len(w) > 0 && strings.HasPrefix(w[0], "-") {
		flags += w[0][1:]
		w = w[1:]
	}
	re := regexp.MustCompile(w[0])
	if len(w) > 1 {
		in = sh.cat(w[1:], "")
	}
	var l []string
	for _, line := range lines(in) {
		if re.MatchString(strings.TrimSuffix(line, "\n")) != strings.Contains(flags, "v") {
			l = append(l, line)
		}
	}
	if strings.Contains(flags, "c") {
		return fmt.Sprintln(len(l))
	}
	return strings.Join(l, "")
}

// end is head or tail.
func (sh *shell) end(w []string, in string, first bool) string {
	n, err := strconv.Atoi(strings.TrimPrefix(w[0], "-"))
	require.NoError(sh, err)
	l := lines(in)
	n = min(n, len(l))
	if first {
		return strings.Join(l[:n], "")
	}
	return strings.Join(l[len(l)-n:], "")
}

func uniq(l []string) string {
	out := ""
	for i := 0; i < len(l); {
		n := i
		for n < len(l) && l[n] == l[i] {
			n++
		}
		out += fmt.Sprintf("%7d %s", n-i, l[i])
		i = n
	}
	return out
}

var substitution = regexp.MustCompile(`^s/(.*)/(.*)/$`)

// sed knows "s/PATTERN/TEXT/".
func (sh *shell) sed(w []string, in string) string {
	m := substitution.FindStringSubmatch(w[0])
	require.NotNil(sh, m, w)
	out := ""
	for _, line := range lines(in) {
		re := regexp.MustCompile(m[1])
		if at := re.FindStringIndex(line); at != nil {
			line = line[:at[0]] + m[2] + line[at[1]:]
		}
		out += line
	}
	return out
}

// test knows "A -gt B" and its like.
func (sh *shell) test(w []string, _ string) string {
	a, err := strconv.Atoi(w[0])
	require.NoError(sh, err)
	b, err := strconv.Atoi(w[2])
	require.NoError(sh, err)
	holds, known := map[string]bool{"-gt": a > b, "-lt": a < b, "-eq": a == b, "-ge": a >= b, "-le": a <= b, "-ne": a != b}[w[1]]
	require.True(sh, known, w)
	if !holds {
		sh.status = 1
	}
	return ""
}

// sleep lets the jobs run for some microseconds of the machine's time.
func (sh *shell) sleep(text string) {
	us, err := strconv.ParseUint(text, 10, 32)
	require.NoError(sh, err)
	for _, j := range sh.jobs {
		for until := j.kernel.Now() + us*1000; j.kernel.Now() < until && !j.kernel.Done(); {
			cpu, ok := j.kernel.Next()
			if !ok {
				break
			}
			j.kernel.Step(cpu)
		}
	}
}

func (sh *shell) wait() {
	for _, j := range sh.jobs {
		_, err := j.kernel.Run(context.Background())
		require.NoError(sh, err)
		j.kernel.Close()
		sh.files[j.to] += sh.out.String()
		sh.out.Reset()
	}
	sh.jobs = nil
	sh.session.Attach(nil)
}
