<?php
// A one-stop desk behind truc-exec: keeps each dossier in a file and says that it was received. The protocol is docs/connector-exec.md.

function say(array $line): void
{
    fwrite(STDOUT, json_encode($line, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR) . "\n");
}

// A message may be delivered twice; it is one message by its source and id. Whole or not at all: written beside and renamed.
function keep(string $directory, array $deliver): string
{
    $name = $directory . '/' . sha1($deliver['header']['source'] . "\n" . $deliver['id']);
    if (!file_exists("$name.json") && !file_exists("$name.told")) {
        $dossier = ['code' => $deliver['body']['code'], 'agency' => $deliver['body']['agency'], 'received' => gmdate('Y-m-d\TH:i:s\Z')];
        $file = fopen("$name.new", 'w');
        fwrite($file, json_encode($dossier, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR));
        fsync($file);
        fclose($file);
        rename("$name.new", "$name.json");
    }
    return $name;
}

// The id, the time and the content come from the file: told again after a crash, it is the same message.
function tell(string $name): void
{
    static $told = []; // by this run, and not yet answered: a ref is used once
    if (isset($told[$name]) || !file_exists("$name.json")) {
        return;
    }
    $told[$name] = true;
    $dossier = json_decode(file_get_contents("$name.json"), true, 16, JSON_THROW_ON_ERROR);
    say(['op' => 'publish', 'ref' => basename($name), 'type' => 'dossier.received', 'id' => [basename($name), 'received'],
         'subject' => $dossier['code'], 'time' => $dossier['received'],
         'classification' => 'not-secret', // as the dossier: what is secret does not come over the bus
         'purpose' => ['dossier' => $dossier['code']],
         'body' => ['code' => $dossier['code'], 'agency' => $dossier['agency'], 'status' => 'received', 'received_at' => $dossier['received']]]);
}

$hello = json_decode(fgets(STDIN), true, 16, JSON_THROW_ON_ERROR);
$directory = $hello['settings']['directory'];
if (!is_dir($directory)) {
    mkdir($directory);
}
say(['op' => 'ready']);
foreach (glob("$directory/*.json") as $untold) {
    tell(substr($untold, 0, -strlen('.json')));
}
while (($text = fgets(STDIN)) !== false) {
    $line = json_decode($text, true, 64, JSON_THROW_ON_ERROR);
    switch ($line['op']) {
        case 'deliver':
            $name = keep($directory, $line);
            say(['op' => 'done', 'delivery' => $line['delivery']]);
            tell($name);
            break;
        case 'accepted':
            rename("$directory/{$line['ref']}.json", "$directory/{$line['ref']}.told");
            break;
        case 'refused': // told again at the next start, unless it is for good
            fwrite(STDERR, "{$line['ref']} was refused: {$line['code']}: {$line['text']}\n");
            if (!$line['again']) {
                rename("$directory/{$line['ref']}.json", "$directory/{$line['ref']}.refused");
            }
            break;
    }
}
