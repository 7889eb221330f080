// Imported first by main.ts: chart libraries hand `navigator.language` to `Intl` while they load.
import { guardNavigatorLanguage } from './locale';

guardNavigatorLanguage(navigator);
