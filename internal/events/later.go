package events

import (
	"regexp"
	"strings"
)

// laterWords are what the grammar has had since a later kernel than the one that is modelled (Documentation/trace/kprobetrace.rst and
// fprobetrace.rst of these versions).
var laterWords = []struct {
	where   int // which word: 0 the first, 1 the place, 2 an argument
	matches *regexp.Regexp
	returns bool // in return probes only
	users   bool // in uprobe_events too
	since   string
	what    string
}{
	{0, regexp.MustCompile(`^f\d*(?::|$)`), false, false, "6.5", "probes of function entries and exits (f), in dynamic_events"},
	{0, regexp.MustCompile(`^t(?::|$)`), false, false, "6.5", "probes of tracepoints (t), in dynamic_events"},
	{2, regexp.MustCompile(`^(?:\w+=)?\$arg\*$`), false, false, "6.5", "$arg* for all parameters, by BTF"},
	{2, regexp.MustCompile(`(?:^|=|\()(?:\$retval|\$arg\d+|[A-Za-z_]\w*)(?:->|\.)[A-Za-z_]\w*`), false, false, "6.6", "members of structures as arguments, by BTF"},
	{2, regexp.MustCompile(`:%pd$|:%pD$`), false, false, "6.10", "the types %pd and %pD, names of a dentry and of a file"},
	{2, regexp.MustCompile(`:char(?:\[\d+\])?$`), false, true, "6.3", "the type char"},
	{2, regexp.MustCompile(`\$arg\d+`), true, false, "6.9", "parameters in return probes"},
	{2, regexp.MustCompile(`^(?:\w+=)?[A-Za-z_]\w*(?::\w+(?:\[\d+\])?)?$`), false, false, "6.5", "names of parameters as arguments, by BTF"},
}

// Later says of a line that was refused which word of it a later kernel takes, and since which one: "$arg* ...: since Linux 6.5"; ""
// if there is none.
func Later(kind Kind, line string) string {
	words := SplitWords(line)
	if len(words) == 0 {
		return ""
	}
	returns := words[0][0] == 'r' || len(words) > 1 && strings.HasSuffix(words[1], "%return")
	for _, l := range laterWords {
		if l.returns && !returns || kind == Uprobe && !l.users {
			continue
		}
		for i, w := range words {
			if min(i, 2) == l.where && l.matches.MatchString(w) {
				return l.what + ": since Linux " + l.since
			}
		}
	}
	return ""
}
