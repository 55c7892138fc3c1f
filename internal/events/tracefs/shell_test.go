package tracefs_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
)

// command is one form of command line: obey gives what it prints. m are the
// pattern's groups.
type command struct {
	pattern *regexp.Regexp
	obey    func(sh *shell, st step, m []string) string
}

var commands = []command{
	{regexp.MustCompile(`^(k?)def '(.*)'(; elog)?$`), (*shell).def},
	{regexp.MustCompile(`^(k)def "p:o/abs 0x\$\(awk .*\)"()$`), func(sh *shell, st step, m []string) string {
		return sh.def(st, []string{"", "k", fmt.Sprintf("p:o/abs %#x", uint64(vfsFsync)), ""})
	}},
	{regexp.MustCompile(`^for i in \$\(seq 0 40\); do echo "\$i: \$\(kdef "p:o/b\$i vfs_read\+\$i"\)"; done$`), (*shell).everyOffset},
	{regexp.MustCompile(`^for i in ([\d ]+); do on o/b\$i; done$`), (*shell).onEach},
	{regexp.MustCompile(`^tool ([aw]) \$T/(\w+) '(.*)'$`), (*shell).tool},
	{regexp.MustCompile(`^printf (?:-- )?'(.*)' >> \$T/(\w+); echo rc=\$\?$`), (*shell).printf},
	{regexp.MustCompile(`^(on|off) (\w+)(?:/(\w+))?$`), (*shell).enable},
	{regexp.MustCompile(`^.*& usleep \d+; (on|off) (o/\w+); usleep \d+; off o/\w+; wait; cat .*$`), (*shell).onOff},
	{regexp.MustCompile(`^cat \$T/(\w+_events)$`), func(sh *shell, _ step, m []string) string { return sh.r.Read(sh.file(m[1])) }},
	{regexp.MustCompile(`^(cat \$T/events/\w+/\w+/format.*)$`), (*shell).formats},
	{regexp.MustCompile(`^sed -n '/\^format/,\$p' \$T/events/(\w+)/(\w+)/format \| grep -v common_$`), func(sh *shell, _ step, m []string) string {
		return eventFormat(sh.format(m[1], m[2]))
	}},
	{regexp.MustCompile(`^cat \$T/events/(\w+)/(?:(\w+)/)?enable$`), (*shell).state},
	{regexp.MustCompile(`^echo 1 > \$T/events/(\w+)/(\w+)/enable; cat .*$`), func(sh *shell, st step, m []string) string {
		require.NoError(sh, sh.r.SetEvent(m[1], m[2], true))
		return sh.state(st, m) + sh.state(st, []string{"", m[1], ""})
	}},
	{regexp.MustCompile(`^elog( \| head -3)?$`), func(sh *shell, _ step, m []string) string {
		text := sh.elog()
		if m[1] != "" {
			text = strings.Join(strings.SplitAfter(text, "\n")[:3], "")
		}
		return text
	}},
	{regexp.MustCompile(`^prof$`), (*shell).uprobeProfile},
	{regexp.MustCompile(`^(?:grep -v g5|cat) \$T/kprobe_profile(?: \| grep -v vfs)?$`), (*shell).kprobeProfile},
	{regexp.MustCompile(`^kprof \| grep -c \.$`), func(sh *shell, _ step, _ []string) string {
		profile := sh.r.KprobeProfile(func(*tracefs.Probe) tracefs.Counts { return tracefs.Counts{} })
		return fmt.Sprintln(strings.Count(profile, "\n"))
	}},
	{regexp.MustCompile(`^cat /sys/kernel/debug/kprobes/list \| sed .*$`), func(sh *shell, _ step, _ []string) string {
		return regexp.MustCompile(`(?m)^[0-9a-f]*`).ReplaceAllString(strings.TrimSuffix(sh.k.list(), "\n"), "ADDR") + "\n"
	}},
	{regexp.MustCompile(`^ls( \$T/events/\w+)+$`), (*shell).ls},
	{regexp.MustCompile(`^grep uprobes \$T/available_events$`), func(sh *shell, _ step, _ []string) string {
		return sh.eventNames(func(e *tracefs.Event) bool { return e.Group == "uprobes" })
	}},
	{regexp.MustCompile(`^cat \$T/set_event$`), func(sh *shell, _ step, _ []string) string {
		return sh.eventNames(func(e *tracefs.Event) bool { return e.Enabled })
	}},
}

func (sh *shell) obey(st step) (string, bool) {
	for _, c := range commands {
		if m := c.pattern.FindStringSubmatch(st.command); m != nil {
			return c.obey(sh, st, m), true
		}
	}
	return "", false
}

func (sh *shell) file(name string) tracefs.File {
	for _, f := range []tracefs.File{tracefs.KprobeEvents, tracefs.UprobeEvents, tracefs.DynamicEvents} {
		if f.String() == name {
			return f
		}
	}
	require.Fail(sh, "unknown file", name)
	return 0
}

func (sh *shell) def(_ step, m []string) string {
	f := tracefs.UprobeEvents
	if m[1] == "k" {
		f = tracefs.KprobeEvents
	}
	out := result(sh.r.Write(f, []byte(m[2]+"\n"))) + "\n"
	if m[3] != "" {
		out += sh.elog()
	}
	return out
}

func (sh *shell) elog() string {
	text := logText(sh.r)
	sh.r.ClearErrorLog()
	return text
}

func (sh *shell) everyOffset(step, []string) string {
	var b strings.Builder
	for i := range 41 {
		line := fmt.Sprintf("p:o/b%d vfs_read+%d\n", i, i)
		fmt.Fprintf(&b, "%d: %s\n", i, result(sh.r.Write(tracefs.KprobeEvents, []byte(line))))
	}
	return b.String()
}

// tool opens a file with O_TRUNC or O_APPEND and writes a line to it.
func (sh *shell) tool(_ step, m []string) string {
	f := sh.file(m[2])
	if m[1] == "w" {
		if err := sh.r.Truncate(f); err != nil {
			return fmt.Sprintf("open errno=%d %s\n", errnoOf(err), errnoOf(err).Name())
		}
	}
	if m[3] == "" {
		return "opened rc=0\n"
	}
	return result(sh.r.Write(f, []byte(m[3]+"\n"))) + "\n"
}

func (sh *shell) printf(_ step, m []string) string {
	err := sh.r.Write(sh.file(m[2]), []byte(strings.ReplaceAll(m[1], `\n`, "\n")))
	if err != nil {
		return "rc=1\n"
	}
	return "rc=0\n"
}

// enable writes to the enable file of an event or a group.
func (sh *shell) enable(_ step, m []string) string {
	var err error
	if m[3] == "" {
		err = sh.r.SetGroup(m[2], m[1] == "on")
	} else {
		err = sh.r.SetEvent(m[2], m[3], m[1] == "on")
	}
	if errnoOf(err) == events.ENOENT {
		return "open errno=2 ENOENT\n"
	}
	return result(err) + "\n"
}

func (sh *shell) onEach(st step, m []string) string {
	out := ""
	for _, i := range strings.Fields(m[1]) {
		out += sh.enable(st, []string{"", "on", "o", "b" + i})
	}
	return out
}

// onOff is a command that enables and disables while a program runs; what
// the program prints is not ours.
func (sh *shell) onOff(st step, m []string) string {
	group, event, _ := strings.Cut(m[2], "/")
	out := sh.enable(st, []string{"", "on", group, event}) + sh.enable(st, []string{"", "off", group, event})
	return out + strings.TrimPrefix(st.output, out)
}

var idRE = regexp.MustCompile(`(?m)^ID: \d+$`)

func (sh *shell) format(group, event string) string {
	text, err := sh.r.Format(group, event)
	if err != nil {
		return ""
	}
	return text
}

// formats prints format files, with the recorded event numbers.
func (sh *shell) formats(st step, m []string) string {
	ids := idRE.FindAllString(st.output, -1)
	out := ""
	for _, path := range strings.Fields(strings.TrimPrefix(m[1], "cat ")) {
		part := strings.Split(path, "/")
		text := sh.format(part[2], part[3])
		if text == "" {
			out += fmt.Sprintf("cat: can't open '/sys/kernel/tracing/%s': No such file or directory\n", strings.TrimPrefix(path, "$T/"))
			continue
		}
		out += idRE.ReplaceAllString(text, ids[0])
		ids = ids[1:]
	}
	return out
}

func (sh *shell) state(_ step, m []string) string {
	var out string
	var err error
	if m[2] == "" {
		out, err = sh.r.GroupState(m[1])
	} else {
		out, err = sh.r.EventState(m[1], m[2])
	}
	require.NoError(sh, err)
	return out
}

// ls lists group and event directories. The files in an event's directory
// are tracefs's own, not ours.
func (sh *shell) ls(st step, _ []string) string {
	dirs := strings.Fields(strings.ReplaceAll(st.command, "$T", "/sys/kernel/tracing"))[1:]
	var out []string
	slices.Sort(dirs)
	for _, dir := range dirs {
		names := []string{"enable", "filter"}
		for _, e := range sh.r.Events() {
			if strings.HasSuffix(dir, "/"+e.Group) {
				names = append(names, e.Name)
			}
		}
		slices.Sort(names)
		text := strings.Join(names, "\n") + "\n"
		if len(dirs) > 1 {
			text = dir + ":\n" + text
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

func (sh *shell) eventNames(want func(*tracefs.Event) bool) string {
	var b strings.Builder
	for _, e := range sh.r.Events() {
		if want(e) {
			b.WriteString(e.Group + ":" + e.Name + "\n")
		}
	}
	return b.String()
}

// counts takes the counts of a recorded profile, in order: they are what the
// engine counted, the rest of the line is ours.
func (sh *shell) counts(st step, probes []*tracefs.Probe, columns int) func(*tracefs.Probe) tracefs.Counts {
	lines := strings.Split(strings.TrimSuffix(st.output, "\n"), "\n")
	counts := map[*tracefs.Probe]tracefs.Counts{}
	for i, p := range probes {
		if i >= len(lines) {
			break
		}
		f := strings.Fields(lines[i])
		if len(f) < columns {
			break
		}
		f = f[len(f)-columns:]
		hits, err := strconv.ParseUint(f[0], 10, 64)
		require.NoError(sh, err)
		counts[p] = tracefs.Counts{Hits: hits}
	}
	return func(p *tracefs.Probe) tracefs.Counts { return counts[p] }
}

func (sh *shell) uprobeProfile(st step, _ []string) string {
	probes := slices.DeleteFunc(sh.r.Probes(), func(p *tracefs.Probe) bool { return p.Kind == events.Kprobe })
	return sh.r.UprobeProfile(sh.counts(st, probes, 1))
}

func (sh *shell) kprobeProfile(st step, _ []string) string {
	skip := func(p *tracefs.Probe) bool { return strings.Contains(st.command, "grep -v g5") && p.On.Name == "g5" }
	probes := slices.DeleteFunc(sh.r.Probes(), skip)
	profile := sh.r.KprobeProfile(sh.counts(st, probes, 2))
	var b strings.Builder
	for line := range strings.Lines(profile) {
		if !strings.Contains(st.command, "grep -v g5") || !strings.HasPrefix(line, "  g5 ") {
			b.WriteString(line)
		}
	}
	return b.String()
}
