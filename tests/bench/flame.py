"""flame.py - samples of `perf script` as a flame graph: SVG that any browser shows, boxes as wide as the time spent.
Not a profiler. One tower a thread's name; what stands on a box is what it called. Texts beside a box when the pointer is on it.
Used by `./dev bench --flame FILE`; docs/performance.md shows the result."""
import html
import re
import sys
from collections import Counter
from itertools import groupby

WIDTH, ROW, CHARACTER, LEAST = 1200, 17, 6.6, 0.6  # pixels; a box narrower than the last is left out
FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \((.*)\)$")


def stacks(lines):
    """Folded stacks, the thread's name first, and how often each was seen."""
    counts, name, frames = Counter(), None, []
    for line in lines:
        match = FRAME.match(line)
        if match:
            symbol = match[1].split("+0x")[0]
            library = match[2].rsplit("/", 1)[-1].split(".so")[0].strip("[]")
            frames.append(library if symbol == "[unknown]" else symbol)
        elif line.strip():
            name, frames = line.rsplit(None, 1)[0].strip(), []
        elif name is not None:
            counts[(name, *(frame for frame, _ in groupby(reversed(frames))))] += 1  # a library without names is one box
            name = None
    return counts


def tree(counts):
    root = {"name": "all", "value": 0, "children": {}}
    for stack, count in counts.items():
        node = root
        node["value"] += count
        for frame in stack:
            node = node["children"].setdefault(frame, {"name": frame, "value": 0, "children": {}})
            node["value"] += count
    return root


def boxes(node, x, depth, scale, total, out):
    """Appends the node's box and those on it; the height in rows."""
    width, height = node["value"] * scale, depth + 1
    if width < LEAST:
        return depth
    share = 100 * node["value"] / total
    hue = 20 + sum(map(ord, node["name"])) % 35
    fits = int(width / CHARACTER) - 1
    label = node["name"] if len(node["name"]) <= fits else node["name"][: fits - 1] + "…" if fits > 3 else ""
    out.append((x, depth, width, hue, f"{node['name']} {share:.1f} %", label))
    for child in sorted(node["children"].values(), key=lambda child: child["name"]):
        height = max(height, boxes(child, x, depth + 1, scale, total, out))
        x += child["value"] * scale
    return height


def svg(root, title):
    out = []
    height = (boxes(root, 0, 0, WIDTH / root["value"], root["value"], out) + 2) * ROW
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="11">')
    print(f'<rect width="{WIDTH}" height="{height}" fill="#fff"/><text x="4" y="13">{html.escape(title)}</text>')
    for x, depth, width, hue, text, label in out:
        y = height - (depth + 1) * ROW
        print(f'<g><title>{html.escape(text)}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}"'
              f' fill="hsl({hue} 80% 70%)"/><text x="{x + 3:.1f}" y="{y + 12}">{html.escape(label)}</text></g>')
    print("</svg>")


def main():
    counts = stacks(sys.stdin)
    if not counts:
        sys.exit("flame.py: no samples: was there anything to see, and may perf look?")
    names = set(sys.argv[2:])
    svg(tree(Counter({stack: n for stack, n in counts.items() if not names or stack[0] in names})), sys.argv[1])


main()
