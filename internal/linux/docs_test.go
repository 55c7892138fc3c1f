package linux

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"trapline/internal/rigs/testkit"
)

const callsHead = `# System calls

What of each system call there is for programs of ` + "`trapline trace`" + ` and of scenarios. ` + "`trapline syscalls NAME`" + ` prints one. The kernel is 6.1;
where the table says "full" a program sees what it sees there, but for the limits that [linux.md](linux.md) has for whole subjects.

- **partial**: what is not there, and what a program gets instead.
- **no visible effect**: the arguments are checked and nothing is done, and that is all there is to see.
- **absent**: refused as by a kernel that was built without it.

This page is written by a test, "go test ./internal/linux -run TestCallsAreDocumented -update", and checked by it. Its rows are
` + "`internal/linux/table_*.go`" + `.

`

// TestCallsAreDocumented: the page says of each call what the table says.
func TestCallsAreDocumented(t *testing.T) {
	const page = "../../docs/linux-calls.md"
	text := callsPage(Calls())
	testkit.Golden(t, page, text)
}

func callsPage(calls []CallInfo) string {
	var b strings.Builder
	b.WriteString(callsHead)
	calls = joined(calls)
	counts := map[Support]int{}
	for _, c := range calls {
		counts[c.Support]++
	}
	fmt.Fprintf(&b, "There are %d calls: %d full, %d partial, %d without a visible effect. %d are absent, and %d are [missing](#missing).\n",
		counts[SupportFull]+counts[SupportPartial]+counts[SupportNoEffect], counts[SupportFull], counts[SupportPartial], counts[SupportNoEffect], counts[SupportAbsent], counts[SupportMissing])
	there := map[string]bool{}
	for _, c := range calls {
		there[c.Name] = there[c.Name] || c.Subject != ""
	}
	subject := ""
	var missing, never []string
	for _, c := range calls {
		switch {
		case c.NotIn61:
			never = append(never, c.Name)
			continue
		case c.Support == SupportMissing:
			name := c.Name
			if there[name] { // the other architecture has it
				name += map[bool]string{true: " (i386)", false: " (x86-64)"}[c.AMD64 < 0]
			}
			missing = append(missing, name)
			continue
		case c.Subject != subject:
			subject = c.Subject
			fmt.Fprintf(&b, "\n## %s\n\n| call | x86-64 | i386 | what there is |\n|---|---|---|---|\n", subject)
		}
		what := c.Support.String()
		if c.Note != "" {
			what += ": " + c.Note
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.Name, numberText(c.AMD64), numberText(c.I386), what)
	}
	fmt.Fprintf(&b, "\n## Missing\n\nThey are answered ENOSYS, and `trapline trace` names at its end those that the program called:\n%s.\n", wrapped(missing))
	fmt.Fprintf(&b, "\n6.1 answers ENOSYS too, as it has only the number or a later kernel has the call:\n%s.\n", wrapped(never))
	return b.String()
}

// joined makes one of what is supported in one way on both architectures.
func joined(calls []CallInfo) []CallInfo {
	var list []CallInfo
	for _, c := range calls {
		i := slices.IndexFunc(list, func(o CallInfo) bool {
			return o.Name == c.Name && o.Subject == c.Subject && o.Support == c.Support && o.Note == c.Note && (o.AMD64 < 0) != (c.AMD64 < 0)
		})
		if i < 0 {
			list = append(list, c)
			continue
		}
		list[i].AMD64, list[i].I386 = max(list[i].AMD64, c.AMD64), max(list[i].I386, c.I386)
	}
	return list
}

// wrapped is a list in lines of at most 120 characters.
func wrapped(list []string) string {
	const width = 120
	var b strings.Builder
	line := 0
	for i, s := range list {
		if i > 0 {
			b.WriteString(",")
			if line+len(s)+3 > width {
				b.WriteString("\n")
				line = 0
			} else {
				b.WriteString(" ")
			}
		}
		b.WriteString(s)
		line += len(s) + 2
	}
	return b.String()
}

func numberText(n int) string {
	if n < 0 {
		return ""
	}
	return strconv.Itoa(n)
}
