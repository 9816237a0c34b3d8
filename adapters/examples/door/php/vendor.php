<?php
// A vendor of the REST door: takes what the bus has for its system and keeps it in a folder, each message once.
//
// usage: DOOR=http://127.0.0.1:7480 TOKEN=truc_… php vendor.php FOLDER [COUNT]   (ends after COUNT messages; else never)
declare(strict_types=1);

/** Status and what the body says; status 0: nobody answered. */
function call(string $method, string $path, ?array $body = null): array
{
    $headers = ['Authorization: Bearer ' . getenv('TOKEN'), 'Content-Type: application/json'];
    $options = ['method' => $method, 'header' => $headers, 'timeout' => 90, 'ignore_errors' => true];
    if ($body !== null) {
        $options['content'] = json_encode((object)$body, JSON_THROW_ON_ERROR);
    }
    $text = @file_get_contents(getenv('DOOR') . $path, false, stream_context_create(['http' => $options]));
    if ($text === false) {
        return [0, []];
    }
    return [(int)explode(' ', $http_response_header[0])[1], json_decode($text, true, 512, JSON_THROW_ON_ERROR)];
}

/** The effect. The same id again writes the same file: a message may be listed more than once. */
function keep(string $folder, array $item): void
{
    $file = $folder . '/' . hash('sha256', $item['source'] . "\0" . $item['id']) . '.json';
    $stream = fopen($file . '.new', 'wb');
    if ($stream === false || fwrite($stream, json_encode($item, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR)) === false
        || !fsync($stream) || !fclose($stream) || !rename($file . '.new', $file)) {
        throw new RuntimeException("$file can't be written");
    }
}

function settle(array $item): void
{
    $path = '/v1/inbox/' . $item['position'];
    [$status, $answer] = $item['kind'] === 'request'
        ? call('POST', "$path/reject", ['reason' => 'NOT_OFFERED', 'text' => 'this vendor answers no questions'])
        : call('POST', "$path/done", []);
    if ($status !== 200 && $status !== 404) { // 404: settled before, or it will be listed again
        fwrite(STDERR, "not settled: $status " . ($answer['detail'] ?? '') . "\n");
    }
}

[, $folder] = $argv;
$left = isset($argv[2]) ? (int)$argv[2] : null;
while ($left === null || $left > 0) {
    [$status, $answer] = call('GET', '/v1/inbox?wait=30');
    if ($status !== 200) { // the door is away or busy: nothing is lost by waiting
        fwrite(STDERR, "again in 5 s: $status " . ($answer['detail'] ?? 'no answer') . "\n");
        sleep(5);
        continue;
    }
    foreach ($answer['items'] as $item) {
        keep($folder, $item);
        settle($item);
        echo $item['type'], ' ', $item['id'], "\n";
        $left = $left === null ? null : $left - 1;
    }
}
